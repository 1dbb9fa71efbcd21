import Foundation
import JSON
import TestSupport
import Testing

/// `plumb serve` over an index of small images, for as long as a test needs it.
final class ServedIndex {
  /// The folder with `photos` and `own.index`.
  let folder: URL
  private(set) var http = RawHTTP(port: 0)
  private(set) var address = ""
  private var process = Process()
  private let options: [String]

  /// Indexes `count` images and serves them.
  init(
    in folder: URL, count: Int = 8, model: String = ScoreTests.tinyModel, options: [String] = []
  ) throws {
    self.folder = folder
    self.options = options
    let photos = folder.appendingPathComponent("photos")
    try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
    for number in 0..<count {
      try StripedImage.bitmap(number).write(to: photos.appendingPathComponent("image\(number).bmp"))
    }
    let made = try CommandRun(
      ["index", "photos", "--index", "own.index", "--model", model], in: folder)
    try #require(made.status == 0, "\(made.errors)")
    try start()
  }

  /// Starts the server.
  func start() throws {
    process = Process()
    process.executableURL = CommandRun.executable
    process.arguments = ["serve", "--index", "own.index", "--port", "0"] + options
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    // plumb: 8 images at http://127.0.0.1:43210/ (Ctrl-C ends)
    var line = ""
    while !line.hasSuffix("\n") {
      let bytes = pipe.fileHandleForReading.availableData
      guard !bytes.isEmpty else { break }
      line += String(decoding: bytes, as: UTF8.self)
    }
    address = try #require(
      line.split(separator: " ").first { $0.hasPrefix("http") }.map(String.init), "\(line)")
    http = RawHTTP(port: try #require(URL(string: address)?.port))
  }

  /// Ends the server as a loss of power would.
  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks the server to end. Returns its status.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit { if process.isRunning { kill() } }

  /// The JSON object of an answer that must have a status.
  func object(
    _ answer: RawHTTP.Answer, _ status: Int = 200, _ location: SourceLocation = #_sourceLocation
  ) throws -> [String: JSONValue] {
    #expect(answer.status == status, "\(answer.text)", sourceLocation: location)
    return try #require(JSONValue(parsing: answer.body).object, sourceLocation: location)
  }

  /// The names of the hits of an answer.
  func names(_ answer: RawHTTP.Answer, _ location: SourceLocation = #_sourceLocation) throws -> [String] {
    let hits = try object(answer, 200, location)["hits"]?.array ?? []
    return hits.compactMap { $0.object?["name"]?.string }
  }

  /// The ids of the hits of an answer.
  func ids(_ answer: RawHTTP.Answer) throws -> [String] {
    (try object(answer)["hits"]?.array ?? []).compactMap { $0.object?["id"]?.string }
  }
}
