public import ArgumentParser
import CLIP
public import Compute
import Foundation
import PlumbServer
import Retrieval

extension Precision: ExpressibleByArgument {}

@main
struct PlumbServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb serve",
    abstract: "Serve an index as a web page, to search it and to mark hits.",
    discussion: """
        plumb index photos
        plumb serve
        plumb serve --index photos.index --port 9000

      Only this machine reaches the page, unless --host names another address; then everybody needs a token, which is part of the \
      address that is printed. Marks and saved searches are kept beside the index, or in the folder that --searches names. Ctrl-C ends.
      """,
    version: PlumbServer.version)

  @Option(
    help: ArgumentHelp("Folder of the index (default: plumb/index in your data folder).", valueName: "folder")
  )
  var index: String?

  @Option(
    help: ArgumentHelp(
      "Folder for marks and saved searches (default: the index's, or plumb/searches in your data folder where the index's cannot be written to).",
      valueName: "folder"))
  var searches: String?

  @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("Port to listen on; 0 for any that is free.", valueName: "number"))
  var port = 8080

  @Option(
    help: ArgumentHelp(
      "Another name under which the page is opened, without a port; may be repeated.", valueName: "name"))
  var allowHost: [String] = []

  @Option(
    help: ArgumentHelp(
      "What clients must send where other machines reach the page (default: PLUMB_TOKEN, or one that is made up).",
      valueName: "token"))
  var token: String?

  @Option(help: "Arithmetic precision: int8 is the fastest, f32 the reference.")
  var precision = Precision.float32

  @Option(help: ArgumentHelp("Number of CPU threads (default: all cores).", valueName: "count"))
  var threads: Int?

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
    if let token { try Self.check(token, "--token") }
    if let name = allowHost.first(where: {
      $0.isEmpty || $0.contains("/") || ($0.contains(":") && !$0.contains("::"))
    }) {
      throw ValidationError("--allow-host \(name): give a name without a port.")
    }
  }

  /// What can stand in an address as it is. Throws `ValidationError`.
  private static func check(_ token: String, _ name: String) throws {
    let isPlain = token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._~".contains($0)) }
    guard !token.isEmpty, isPlain else {
      throw ValidationError("\(name) must be of letters, digits and -._~.")
    }
  }

  func run() async throws {
    var address = PlumbServer.Address()
    (address.host, address.port, address.allowedHosts) = (host, port, allowHost)
    if let variable = ProcessInfo.processInfo.environment["PLUMB_TOKEN"], token == nil, !variable.isEmpty {
      try Self.check(variable, "PLUMB_TOKEN")
      address.token = variable
    } else {
      address.token = token
    }
    if !address.isLoopback, address.token == nil { address.token = Self.randomToken() }
    var options = CLIPEmbedder.Options(threads: threads)
    options.precision = precision
    let chosen = options
    let server = try PlumbServer(
      index.map { URL(fileURLWithPath: $0) } ?? ImageIndex.userDefault,
      searches: searches.map { URL(fileURLWithPath: $0) }, at: address
    ) { model in
      try CLIPEmbedder(opening: ModelLocator.resolve(model.name), options: chosen)
    }
    let count = server.imageCount
    try await server.run { page in
      print("plumb: \(count) images at \(page) (Ctrl-C ends)")
      fflush(nil)
    }
  }

  static func main() async {
    do {
      // ArgumentParser knows the long form only.
      let arguments = Array(CommandLine.arguments.dropFirst())
      var command = try parseAsRoot(arguments == ["-V"] ? ["--version"] : arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .failure else { exit(withError: error) }
      let sentence = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
      try? FileHandle.standardError.write(contentsOf: Data("plumb: \(sentence)\n".utf8))
      Foundation.exit(1)
    }
  }

  private static func randomToken() -> String {
    (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
  }
}
