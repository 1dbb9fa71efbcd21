import Files
public import Foundation

/// The wheel of pycocoevalcap 1.2, which carries METEOR's jar and paraphrases, fetched with the user's own `pip`.
public enum METEORDownload {
  private static let package = "pycocoevalcap==1.2"

  /// Fetches the wheel into a folder of its own, hands it on, and removes it.
  ///
  /// - Throws: ``METEORError/downloadFailed(reason:)`` and what `body` throws.
  public static func withWheel<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("plumb-meteor-\(UUID().uuidString)", isDirectory: true)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw METEORError.downloadFailed(reason: systemReason(of: error))
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    try fetch(into: folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard let wheel = names.first(where: { $0.hasSuffix(".whl") }) else {
      throw METEORError.downloadFailed(reason: "it fetched no wheel")
    }
    return try body(folder.appendingPathComponent(wheel))
  }

  /// Runs the first `pip` that there is.
  private static func fetch(into folder: URL) throws {
    let arguments = [
      "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check",
      "--no-input",
      "--dest", folder.path, package,
    ]
    var reason = "there is no pip"
    for command in [["python3", "-m", "pip"], ["pip3"], ["pip"]] {
      let (status, output) = try run(command + arguments)
      if status == 0 { return }
      // 127 is env's word for a command that is not there; a Python without pip says so itself.
      if status == 127 || output.contains("No module named pip") { continue }
      let lines = output.split(separator: "\n").map(String.init)
      reason = lines.last { $0.hasPrefix("ERROR:") } ?? lines.last ?? "status \(status)"
      break
    }
    throw METEORError.downloadFailed(reason: reason)
  }

  private static func run(_ command: [String]) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = pipe
    do {
      try process.run()
    } catch {
      throw METEORError.downloadFailed(reason: systemReason(of: error))
    }
    let errors = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: errors, as: UTF8.self))
  }
}
