import Foundation
import TestSupport

extension CommandRun {
  /// Runs a command as two processes of one training; what the first one says.
  static func asTwoProcesses(_ arguments: [String], in folder: URL) throws -> CommandRun {
    let together = ["WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(try FreePort.find())"]
    let other = Process()
    other.executableURL = CommandRun.executable
    other.arguments = arguments
    other.currentDirectoryURL = folder
    other.environment = ProcessInfo.processInfo.environment.merging(together) { $1 }
      .merging(["RANK": "1"]) { $1 }
    other.standardOutput = FileHandle.nullDevice
    other.standardError = FileHandle.nullDevice
    try other.run()
    defer { other.waitUntilExit() }
    return try CommandRun(arguments, in: folder, environment: together.merging(["RANK": "0"]) { $1 })
  }
}
