import ArgumentParser
import Foundation

/// `plumb serve`, which is a program of its own, `plumb-server`: an HTTP server takes long to build.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve an index as a web page, to search it and to mark hits.")

  @Argument(parsing: .captureForPassthrough, help: "The arguments of plumb-server.")
  var arguments: [String] = []

  /// There is no plumb-server where it should be.
  struct Missing: LocalizedError {
    let folder: String
    var errorDescription: String? {
      "plumb-server is not beside plumb in \(folder); build it with swift build -c release --product plumb-server."
    }
  }

  func run() throws {
    let own = Bundle.main.executableURL?.resolvingSymlinksInPath() ?? URL(fileURLWithPath: "plumb")
    let folder = own.deletingLastPathComponent()
    let program = folder.appendingPathComponent("plumb-server")
    guard FileManager.default.isExecutableFile(atPath: program.path) else {
      throw Missing(folder: folder.path)
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([program.path] + arguments).map { strdup($0) }
    words.append(nil)
    execv(program.path, words)
    throw Missing(folder: folder.path)
  }
}
