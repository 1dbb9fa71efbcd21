import Foundation
import TestSupport
import Testing

@Suite struct ParaphraseModelTests {
  private static func text(_ index: Int) -> String { "bird \(index) sits on some branch" }

  /// A folder with a file of captions.
  private func with<R>(captions count: Int = 20, _ body: (URL) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { folder in
      let text = (0..<count).map { Self.text($0) + "\n" }.joined()
      try Data(text.utf8).write(to: folder.appendingPathComponent("captions.txt"))
      return try body(folder)
    }
  }

  private func arguments(_ server: ChatServer, output: String = "P.jsonl") -> [String] {
    ["paraphrase", "captions.txt", "--output", output, "--endpoint", server.endpoint, "--llm-model", "tiny"]
  }

  private func lines(_ folder: URL, _ name: String = "P.jsonl") -> [[String: Any]]? {
    guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) else {
      return nil
    }
    return text.split(separator: "\n").map {
      ((try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]) ?? [:]
    }
  }

  /// Whether every caption has its line with good paraphrases, in order.
  private func isWhole(_ lines: [[String: Any]]?, count: Int = 20) -> Bool {
    lines?.count == count
      && (lines ?? []).enumerated().allSatisfy { index, line in
        let plain = ChatServer.paraphrase(of: Self.text(index), step: 1)
        return line["id"] as? String == "\(index + 1)" && line["caption"] as? String == Self.text(index)
          && line["plain"] as? String == plain
          && line["paraphrase"] as? String == ChatServer.paraphrase(of: plain, step: 2)
          && line["model"] as? String == "tiny" && line["prompts"] as? String == "1"
      }
  }

  /// Starts the command, and leaves it to itself.
  private func start(_ arguments: [String], in folder: URL) throws -> Process {
    let process = Process()
    process.executableURL = CommandRun.executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test func captionsAreParaphrasedByAModel() throws {
    try with { folder in
      let server = try ChatServer()
      defer { server.stop() }
      let run = try CommandRun(arguments(server), in: folder)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output.contains("P.jsonl: 20 of 20 captions paraphrased by tiny, 20 in two steps"))
      #expect(isWhole(lines(folder)))
      let again = try CommandRun(arguments(server) + ["--json"], in: folder)
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
      let cost = report["cost"] as? [String: Int]
      #expect(cost?["from_cache"] == 40 && cost?["requests"] == 0)
      #expect(server.asked.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func aKilledRunGoesOnWhereItWas() throws {
    try with { folder in
      let held = DispatchSemaphore(value: 0)
      let dying = try ChatServer { request in
        if request.index >= 7 { held.wait() }
        return .good(request)
      }
      let options = ["--batch-size", "2", "--concurrency", "2"]
      let process = try start(arguments(dying) + options, in: folder)
      // Both of its requests wait: all that was answered before is stored.
      #expect(waits { dying.requests.count >= 9 })
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
      #expect(lines(folder) == nil, "there is no output before it is whole")
      let answered = dying.answered
      dying.stop()
      for _ in 0..<8 { held.signal() }

      let living = try ChatServer()
      defer { living.stop() }
      let run = try CommandRun(arguments(living) + options, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(isWhole(lines(folder)))
      #expect(answered.count == 14)
      for question in answered.keys { #expect(living.asked[question] == nil, "\(question)") }
      #expect(living.asked.count == 40 - 14 && living.asked.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func processesShareAStoreAndAskNothingTwice() throws {
    try with { folder in
      let server = try ChatServer()
      defer { server.stop() }
      let options = ["--cache", "shared.cache", "--batch-size", "2"]
      let processes = try (0..<3).map {
        try start(arguments(server, output: "P\($0).jsonl") + options, in: folder)
      }
      for process in processes {
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      for index in 0..<3 { #expect(isWhole(lines(folder, "P\(index).jsonl"))) }
      #expect(server.asked.count == 40 && server.asked.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func theBudgetEndsARunAndALargerOneGoesOn() throws {
    try with { folder in
      let server = try ChatServer { .good($0, tokens: 300) }
      defer { server.stop() }
      let options = ["--batch-size", "2", "--max-tokens", "100"]
      let run = try CommandRun(arguments(server) + options + ["--budget", "2500"], in: folder)
      #expect(run.status == 2)
      #expect(
        run.errors.contains("the budget of 2500 tokens is exhausted") && run.errors.contains("--budget"))
      #expect(server.requests.count * 300 <= 2500)
      let more = try CommandRun(arguments(server) + options + ["--budget", "100000"], in: folder)
      #expect(more.status == 0, "\(more.errors)")
      #expect(isWhole(lines(folder)))
      #expect(server.asked.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func whatIsSkippedIsListedAndCounted() throws {
    try with(captions: 3) { folder in
      let server = try ChatServer { request in
        request.captions.contains(Self.text(1)) && request.step == 1
          ? .list(request.captions) : .good(request)
      }
      defer { server.stop() }
      let run = try CommandRun(arguments(server) + ["--batch-size", "1", "--attempts", "2"], in: folder)
      #expect(run.status == 2)
      #expect(run.output.contains("skipped: 1, caption itself"))
      #expect(run.errors.contains("id \"2\", line 2"))
      #expect(lines(folder)?.count == 2)
    }
  }

  @Test func theKeyIsNeverPrintedOrStored() throws {
    try with(captions: 3) { folder in
      let secret = "sk-very-secret-key"
      let refusing = try ChatServer { _ in
        .init(status: 401, body: "{\"error\": {\"message\": \"Incorrect API key: \(secret)\"}}")
      }
      defer { refusing.stop() }
      let environment = ["PLUMB_LLM_KEY": secret]
      let run = try CommandRun(arguments(refusing), in: folder, environment: environment)
      #expect(run.isOneSentence(about: "does not accept the key in PLUMB_LLM_KEY (401)"), "\(run.errors)")
      let server = try ChatServer()
      defer { server.stop() }
      let good = try CommandRun(arguments(server), in: folder, environment: environment)
      #expect(good.status == 0 && server.requests.first?.headers["authorization"] == "Bearer \(secret)")
      #expect(!(run.errors + run.output + good.errors + good.output).contains(secret))
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        let content = try Data(contentsOf: folder.appendingPathComponent(name))
        #expect(content.range(of: Data(secret.utf8)) == nil, "\(name)")
      }
    }
  }

  @Test func aDryRunAsksNothing() throws {
    try with { folder in
      let server = try ChatServer()
      defer { server.stop() }
      let dry = try CommandRun(arguments(server) + ["--dry-run"], in: folder)
      #expect(
        dry.status == 0
          && dry.output.contains("40 are still to be requested: 20 plain, 20 in other words"))
      #expect(dry.output.contains("about 6 requests"))
      #expect(server.requests.isEmpty && lines(folder) == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["captions.txt"])
      _ = try CommandRun(arguments(server), in: folder)
      let after = try CommandRun(
        ["paraphrase", "captions.txt", "--output", "P.jsonl", "--llm-model", "tiny", "--dry-run", "--json"],
        in: folder)
      let estimate = try JSONSerialization.jsonObject(with: Data(after.output.utf8)) as? [String: Int]
      #expect(estimate?["finished"] == 20 && estimate?["requests"] == 0 && estimate?["tokens"] == 0)
    }
  }

  @Test func promptsAreFilesThatCanBeChanged() throws {
    try with(captions: 2) { folder in
      let server = try ChatServer()
      defer { server.stop() }
      #expect(try CommandRun(["paraphrase", "--write-prompts", "own"], in: folder).status == 0)
      let file = folder.appendingPathComponent("own/plain.txt")
      let text = try String(contentsOf: file, encoding: .utf8).replacing("version: 1", with: "version: short")
      try Data(text.utf8).write(to: file)
      let run = try CommandRun(arguments(server) + ["--prompts", "own"], in: folder)
      #expect(run.status == 0)
      let version = lines(folder)?.first?["prompts"] as? String
      #expect(version?.hasPrefix("short/1-") == true, "\(version ?? "")")
      #expect(
        try CommandRun(["paraphrase", "--write-prompts", "own"], in: folder).isOneSentence(
          about: "there already"))
      #expect(
        try CommandRun(arguments(server) + ["--prompts", "none"], in: folder).isOneSentence(
          about: "none/plain.txt"))
    }
  }

  @Test func whatIsWrongIsKnownBeforeAnythingIsAsked() throws {
    try with(captions: 2) { folder in
      let server = try ChatServer()
      defer { server.stop() }
      #expect(
        try CommandRun(arguments(server, output: "no/where.jsonl"), in: folder).isOneSentence(
          about: "no/where.jsonl"))
      #expect(
        try CommandRun(arguments(server) + ["--cache", "captions.txt"], in: folder)
          .isOneSentence(about: "captions.txt"))
      try Data("no cache\n".utf8).write(to: folder.appendingPathComponent("notes.txt"))
      #expect(
        try CommandRun(arguments(server) + ["--cache", "notes.txt"], in: folder)
          .isOneSentence(about: "notes.txt: this is not a cache of responses"))
      #expect(server.requests.isEmpty)
      server.stop()
      let nobody = try CommandRun(arguments(server) + ["--retries", "0"], in: folder)
      #expect(nobody.isOneSentence(about: "responses are in the cache"), "\(nobody.errors)")
      let bad = [
        "paraphrase", "captions.txt", "--output", "P.jsonl", "--llm-model", "m", "--endpoint", "nowhere",
      ]
      #expect(try CommandRun(bad, in: folder).isOneSentence(about: "--endpoint nowhere"))
    }
  }

  @Test(arguments: [
    ["captions.txt", "--output", "P.jsonl"],
    ["captions.txt", "--output", "P.jsonl", "--endpoint", "http://x/v1"],
    ["captions.txt", "--source", "rules"], ["--output", "P.jsonl"],
    ["--write-prompts", "a", "--output", "b"],
    ["captions.txt", "--source", "rules", "--output", "P.jsonl", "--dry-run"],
    ["captions.txt", "--output", "P", "--endpoint", "http://x/v1", "--llm-model", "m", "--batch-size", "0"],
    ["captions.txt", "--output", "P", "--endpoint", "http://x/v1", "--llm-model", "m", "--top-p", "0"],
    [
      "captions.txt", "--output", "P", "--endpoint", "http://x/v1", "--llm-model", "m",
      "--requests-per-minute", "nan",
    ],
    ["captions.txt", "--output", "P", "--endpoint", "http://x/v1", "--llm-model", "m", "--budget", "-1"],
  ])
  func wrongArgumentsHaveStatus64(arguments: [String]) throws {
    let run = try CommandRun(["paraphrase"] + arguments)
    #expect(run.status == 64, "\(run.errors)")
  }

  @Test(arguments: ["timeout", "budget", "concurrency", "attempts", "max-tokens", "batch-size"])
  func aNumberThatIsTooLargeIsToldItsLimit(option: String) throws {
    let run = try CommandRun([
      "paraphrase", "captions.txt", "--endpoint", "http://127.0.0.1:1/v1", "--llm-model", "m", "--output",
      "P.jsonl", "--\(option)", "9999999999999",
    ])
    #expect(
      run.status == 64 && run.errors.contains("--\(option)") && run.errors.contains("at most"),
      "\(run.errors)")
  }
}
