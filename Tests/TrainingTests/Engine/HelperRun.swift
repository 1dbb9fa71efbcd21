import Foundation

/// How the helper `training-process`, which stands beside the tests' executable, ended.
struct HelperRun {
  let status: Int32
  let errors: String

  /// Where it is.
  static let executable = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
    .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("training-process")

  /// Runs it to its end.
  init(_ arguments: [String]) throws { self = try Started(arguments).end() }

  private init(status: Int32, errors: String) {
    self.status = status
    self.errors = errors
  }

  /// One that is running.
  struct Started {
    private let process = Process()
    private let pipe = Pipe()

    init(_ arguments: [String], environment: [String: String] = [:]) throws {
      process.executableURL = HelperRun.executable
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardError = pipe
      try process.run()
    }

    func end() -> HelperRun {
      let errors = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return HelperRun(status: process.terminationStatus, errors: String(decoding: errors, as: UTF8.self))
    }
  }
}
