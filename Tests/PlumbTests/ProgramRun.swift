import Foundation

/// Another program than Plumb's, run to its end.
struct ProgramRun {
  /// The exit status.
  let status: Int32
  /// What it printed, on standard error too.
  let text: String

  /// Runs the program at a path, without input.
  ///
  /// - Parameter folder: where it runs; that of the tests for nil.
  init(_ path: String, _ arguments: [String], in folder: URL? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }
}
