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

  /// The folder of this program, through links.
  static let ownFolder =
    (Bundle.main.executableURL?.resolvingSymlinksInPath() ?? URL(fileURLWithPath: "plumb"))
    .deletingLastPathComponent()

  /// Where the server should be.
  static let program = ownFolder.appendingPathComponent("plumb-server")

  func run() throws {
    let (folder, program) = (Self.ownFolder, Self.program)
    guard FileManager.default.isExecutableFile(atPath: program.path) else {
      throw Missing(folder: folder.path)
    }
    var words: [UnsafeMutablePointer<CChar>?] = ([program.path] + arguments).map { strdup($0) }
    words.append(nil)
    execv(program.path, words)
    throw Missing(folder: folder.path)
  }
}
