import Foundation
import TestSupport
import Testing

/// A process `plumb worker` that a shell has started, and what the system tells of it.
final class WorkerProcess {
  /// Its parent.
  let shell: Process
  /// Its process id.
  let id: Int32
  private let folder: URL

  /// Starts a worker through a shell.
  ///
  /// - Parameter lines: what the shell does: `$0` is the command, and the file "worker" gets the process id. The worker
  ///   writes to "out" and "errors".
  init(_ lines: String, in folder: URL) throws {
    self.folder = folder
    shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", lines, CommandRun.executable.path]
    shell.currentDirectoryURL = folder
    shell.standardInput = FileHandle.nullDevice
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let note = folder.appendingPathComponent("worker")
    func text() -> String { (try? String(contentsOf: note, encoding: .utf8)) ?? "" }
    #expect(waits { text().hasSuffix("\n") })
    id = try #require(Int32(text().dropLast()))
  }

  /// Starts a worker whose input are files and named pipes, one after the other, from a process beside it.
  convenience init(reading files: [String], option: String = "", in folder: URL) throws {
    // A shell's own `wait` never ends where SIGCHLD is blocked, as it is in threads of tests.
    try self.init(
      "cat \(files.joined(separator: " ")) | \"$0\" worker --threads 1 \(option) > out 2> errors & echo $! > worker; exec sleep 600",
      in: folder)
  }

  /// Foundation does not take notice of the end of any process while another one that was started meanwhile lives.
  deinit { if shell.isRunning { kill(shell.processIdentifier, SIGKILL) } }

  /// What it has answered.
  var output: Data { (try? Data(contentsOf: folder.appendingPathComponent("out"))) ?? Data() }

  /// What it has said on standard error.
  var errors: String {
    (try? String(contentsOf: folder.appendingPathComponent("errors"), encoding: .utf8)) ?? ""
  }

  /// Kills the shell.
  func killParent() {
    kill(shell.processIdentifier, SIGKILL)
    #expect(waits { Self.hasEnded(shell.processIdentifier) })
  }

  /// Whether it is gone; a process that nobody has waited for is.
  var hasEnded: Bool { Self.hasEnded(id) }

  private static func hasEnded(_ id: Int32) -> Bool {
    state(of: id).map { $0[0] == "Z" || $0[0] == "X" } ?? true
  }

  /// How long it has computed, in ticks of the system; nil where it is gone.
  var processorTicks: Int? { Self.state(of: id).flatMap { Int($0[11]) } }

  /// Its memory, in KiB.
  var residentKilobytes: Int? {
    let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  }

  /// How many files it has open.
  var openFiles: Int? { try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count }

  /// The fields of its `stat` file behind its name, the state first; nil where there is no such process.
  private static func state(of id: Int32) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }
}

/// A named pipe that nobody writes to: a process that reads it waits until the test lets it go on.
final class HeldPipe {
  private let path: String

  init(_ name: String, in folder: URL) throws {
    path = folder.appendingPathComponent(name).path
    try #require(mkfifo(path, 0o600) == 0)
  }

  deinit { _ = isLetGo() }

  /// Brings the process that reads it to the pipe's end, when it has come to it.
  func letGo() { #expect(waits { isLetGo() }) }

  private func isLetGo() -> Bool {
    // Fails while nobody reads.
    let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }
}
