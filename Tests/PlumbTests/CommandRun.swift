import Foundation

/// The built command, run as a user runs it.
struct CommandRun {
  /// The exit status; negative for a signal.
  let status: Int32
  /// What it printed.
  let output: String
  /// What it said on standard error.
  let errors: String

  /// The folder that holds this package.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The example that ships with the package.
  static let example = package.appendingPathComponent("Examples/cats-and-dogs")

  /// Makes a folder of images, `0.jpg`, `1.jpg` and so on: the example's two in turns.
  static func copyExampleImages(_ count: Int, into folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for index in 0..<count {
      try FileManager.default.copyItem(
        at: example.appendingPathComponent("images/image\(index % 2 + 1).jpg"),
        to: folder.appendingPathComponent("\(index).jpg"))
    }
  }

  /// The command, which stands beside the tests' executable.
  static let executable: URL = {
    let beside = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("plumb")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    return package.appendingPathComponent(".build/release/plumb")
  }()

  /// Runs `plumb` with these arguments to its end.
  ///
  /// - Parameters:
  ///   - folder: where it runs.
  ///   - environment: variables beside those of the tests.
  ///   - redirections: what the shell does with its streams, such as `>&-`.
  ///   - piped: a file that comes through a pipe.
  init(
    _ arguments: [String], in folder: URL = CommandRun.example, environment: [String: String] = [:],
    redirections: String = "", piped: String? = nil
  ) throws {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
      "plumb-run-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let streams = try ["output", "errors"].map { name in
      let file = scratch.appendingPathComponent(name)
      try Data().write(to: file)
      return (file, try FileHandle(forWritingTo: file))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let command = piped.map { "cat '\($0)' | \"$0\"" } ?? "exec \"$0\""
    process.arguments = ["-c", "\(command) \"$@\" \(redirections)", Self.executable.path] + arguments
    process.currentDirectoryURL = folder
    // The model cache of whoever runs the tests is none of their business.
    let shielded = ["HF_HOME": scratch.path, "XDG_DATA_HOME": scratch.path]
    process.environment = ProcessInfo.processInfo.environment
      .merging(shielded) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = streams[0].1
    process.standardError = streams[1].1
    try process.run()
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    output = String(decoding: try Data(contentsOf: streams[0].0), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: streams[1].0), as: UTF8.self)
  }

  /// Whether this is a failure told in one sentence: status 1, nothing printed, one line that names `part`.
  func isOneSentence(about part: String) -> Bool {
    status == 1 && output.isEmpty && errors.hasPrefix("plumb: ") && errors.hasSuffix("\n")
      && errors.dropLast().allSatisfy { !$0.isNewline } && errors.contains(part)
  }
}
