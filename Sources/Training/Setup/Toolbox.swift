import Foundation

/// The programs of the machine.
struct Toolbox {
  /// The variables that they are found by and run with.
  let environment: [String: String]

  /// How a program ended.
  struct Run {
    let status: Int32
    /// What it said, on either stream.
    let output: String

    private var lines: [Substring] { output.split(whereSeparator: \.isNewline) }
    /// The first thing that it said.
    var firstLine: String { lines.first.map(String.init) ?? "status \(status)" }
    /// What it said of an error, or else its last words.
    var lastError: String {
      let error = lines.last { $0.lowercased().contains("error") } ?? lines.last
      return error.map { $0.trimmingCharacters(in: .whitespaces) } ?? "status \(status)"
    }
  }

  /// Whether there is a program of this name.
  func has(_ name: String) -> Bool {
    if name.contains("/") { return FileManager.default.isExecutableFile(atPath: name) }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }

  /// Runs a program to its end. Throws ``TorchSetupError/missingTools(packages:)`` where it cannot be started.
  func run(_ command: [String]) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = environment
    let pipe = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    do { try Self.withoutBlockedSignals { try process.run() } } catch {
      throw TorchSetupError.missingTools(packages: [command[0]])
    }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
  }

  /// A program inherits the signals that its starter's thread blocks, and CMake waits for ever where SIGCHLD is one of them, as
  /// it is on the threads of Dispatch.
  private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  /// Installs Debian packages where that needs no password; tells whether it did.
  func install(_ packages: [String], _ note: (String) -> Void) -> Bool {
    guard has("apt-get") else { return false }
    var asRoot: [String] = []
    if geteuid() != 0 {
      asRoot = ["sudo", "-n"]
      guard has("sudo"), let allowed = try? run(asRoot + ["true"]), allowed.status == 0 else { return false }
    }
    note("installing \(packages.joined(separator: " "))")
    // A mirror that cannot be reached just now is no reason to stop: the lists that are there may do.
    _ = try? run(asRoot + ["apt-get", "update"])
    let install = ["apt-get", "install", "-y", "--no-install-recommends"] + packages
    return (try? run(asRoot + ["env", "DEBIAN_FRONTEND=noninteractive"] + install))?.status == 0
  }
}
