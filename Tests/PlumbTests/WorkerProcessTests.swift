import Foundation
import TestSupport
import Testing

/// How the process `plumb worker` ends.
@Suite struct WorkerProcessTests {
  @Test func theEndOfTheInputIsStatusZero() throws {
    try TestData.withTemporaryFolder { folder in
      let requests = folder.appendingPathComponent("requests")
      try Data("{\"do\": \"version\"}\n".utf8).write(to: requests)
      let run = try CommandRun(["worker"], in: folder, piped: requests.path)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(try json(run.output)["ok"] as? Bool == true)
    }
  }

  @Test func aFrameThatCannotBeReadIsStatusOneAndASentence() throws {
    try TestData.withTemporaryFolder { folder in
      let requests = folder.appendingPathComponent("requests")
      try Data("{\"do\": \"version\"}\nnonsense\n{\"do\": \"version\"}\n".utf8).write(to: requests)
      let run = try CommandRun(["worker"], in: folder, piped: requests.path)
      #expect(run.status == 1 && run.errors.isEmpty, "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      #expect(lines.count == 2)
      let last = try json(String(lines.last ?? ""))
      #expect(last["ok"] as? Bool == false && last["fatal"] as? Bool == true)
      #expect((last["error"] as? String)?.contains("not JSON") == true, "\(last)")
    }
  }

  @Test func aParentThatWasGoneBeforeIsNoticed() throws {
    try TestData.withTemporaryFolder { folder in
      let input = try OpenInput(in: folder)
      defer { input.close() }
      // The worker starts when its parent has ended and was waited for.
      let shell = try Self.shell(
        "( while kill -0 $$; do sleep 0.01; done; exec \"$0\" worker --parent $$ < hold > out 2> errors ) 2> /dev/null &"
          + " echo $! > worker", in: folder)
      shell.waitUntilExit()
      let worker = try Self.process(in: folder)
      #expect(waits { Self.hasEnded(worker) })
      #expect(
        try Self.text("errors", in: folder).contains("--parent: process \(shell.processIdentifier) has ended")
      )
    }
  }

  @Test func anotherProgramIsNoParent() throws {
    let run = try CommandRun(["worker", "--parent", "1"])
    #expect(run.isOneSentence(about: "has not started this one itself"), "\(run.errors)")
  }

  @Test(arguments: ["", "--parent $$"])
  func aParentThatIsKilledTakesAnIdleWorkerWithIt(_ option: String) throws {
    try TestData.withTemporaryFolder { folder in
      let input = try OpenInput(in: folder)
      defer { input.close() }
      try Data("{\"do\": \"version\"}\n".utf8).write(to: folder.appendingPathComponent("requests"))
      let shell = try Self.shell(Self.piped(option), in: folder)
      let worker = try Self.process(in: folder)
      #expect(waits { (try? Self.text("out", in: folder).hasSuffix("\n")) == true })
      #expect(!Self.hasEnded(worker))
      kill(shell.processIdentifier, SIGKILL)
      shell.waitUntilExit()
      #expect(waits { Self.hasEnded(worker) })
    }
  }

  @Test func aParentThatIsKilledTakesAWorkerInALongRequestWithIt() throws {
    try TestData.withTemporaryFolder { folder in
      let input = try OpenInput(in: folder)
      defer { input.close() }
      let image = CommandRun.example.appendingPathComponent("images/image1.jpg").path
      let images = Array(repeating: image, count: 100_000)
      var request = try JSONSerialization.data(
        withJSONObject: ["do": "embed_images", "model": ScoreTests.tinyModel, "images": images]
          as [String: Any])
      request.append(UInt8(ascii: "\n"))
      try (Data("{\"do\": \"version\"}\n".utf8) + request).write(
        to: folder.appendingPathComponent("requests"))
      let shell = try Self.shell(Self.piped("--parent $$"), in: folder)
      let worker = try Self.process(in: folder)
      // Its time on the processor tells that it does the second request: the first takes next to none.
      #expect(waits { Self.hasEnded(worker) || (Self.processorTicks(worker) ?? 0) > 50 })
      #expect(!Self.hasEnded(worker))
      kill(shell.processIdentifier, SIGKILL)
      shell.waitUntilExit()
      #expect(waits { Self.hasEnded(worker) })
      #expect(try Self.text("out", in: folder).count { $0 == "\n" } == 1)
    }
  }
}

/// A named pipe whose other end this process holds, so that who reads it never comes to its end.
private struct OpenInput {
  private let descriptor: Int32

  init(in folder: URL) throws {
    let path = folder.appendingPathComponent("hold").path
    try #require(mkfifo(path, 0o600) == 0)
    descriptor = open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  func close() { Foundation.close(descriptor) }
}

extension WorkerProcessTests {
  /// A shell's lines that start a worker whose input is the file "requests", and stays open beyond the shell's end.
  private static func piped(_ option: String) -> String {
    "cat requests hold | \"$0\" worker --threads 1 \(option) > out 2> errors & echo $! > worker; wait"
  }

  /// Starts a shell; its `$0` is the command.
  private static func shell(_ lines: String, in folder: URL) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", lines, CommandRun.executable.path]
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private static func text(_ name: String, in folder: URL) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  /// The process that a shell has started, as it has noted it.
  private static func process(in folder: URL) throws -> Int32 {
    #expect(waits { (try? text("worker", in: folder).hasSuffix("\n")) == true })
    return try #require(Int32(text("worker", in: folder).dropLast()))
  }

  /// The fields of a process's `stat` file behind its name, the state first; nil where there is no such process.
  private static func state(_ process: Int32) -> [Substring]? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: end)...].split(separator: " ")
  }

  /// Whether a process is gone; one that nobody has waited for is.
  private static func hasEnded(_ process: Int32) -> Bool {
    state(process).map { $0[0] == "Z" || $0[0] == "X" } ?? true
  }

  /// How long it has computed, in hundredths of a second.
  private static func processorTicks(_ process: Int32) -> Int? {
    state(process).flatMap { Int($0[11]) }
  }
}
