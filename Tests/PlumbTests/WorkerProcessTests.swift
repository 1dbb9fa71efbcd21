import Foundation
import TestSupport
import Testing

/// How the process `plumb worker` ends, and what memory it takes.
@Suite struct WorkerProcessTests {
  private static let image = CommandRun.example.appendingPathComponent("images/image1.jpg")

  @Test func theEndOfTheInputIsStatusZero() throws {
    try TestData.withTemporaryFolder { folder in
      let requests = folder.appendingPathComponent("requests")
      try Data("{\"do\": \"version\"}\n".utf8).write(to: requests)
      let run = try CommandRun(["worker"], in: folder, piped: requests.path)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(try json(run.output)["ok"] as? Bool == true)
    }
  }

  @Test(arguments: [">&-", ">/dev/full"])
  func answersThatCannotBeWrittenAreStatusOneAndASentence(_ redirection: String) throws {
    try TestData.withTemporaryFolder { folder in
      let requests = folder.appendingPathComponent("requests")
      try Data("{\"do\": \"version\"}\n".utf8).write(to: requests)
      let run = try CommandRun(["worker"], in: folder, redirections: redirection, piped: requests.path)
      #expect(run.isOneSentence(about: "standard output: cannot be written"), "\(run.errors)")
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
      try #require(mkfifo(folder.appendingPathComponent("hold").path, 0o600) == 0)
      // The worker, whose input never ends, starts when its parent has ended.
      let worker = try WorkerProcess(
        "( while [ -e /proc/$$ ] && ! grep -q ') Z' /proc/$$/stat; do sleep 0.01; done;"
          + " exec \"$0\" worker --parent $$ <> hold > out 2> errors ) 2> /dev/null & echo $! > worker",
        in: folder)
      #expect(waits { worker.hasEnded })
      #expect(worker.errors.contains("--parent: process \(worker.shell.processIdentifier) has ended"))
    }
  }

  @Test func anotherProgramIsNoParent() throws {
    let run = try CommandRun(["worker", "--parent", "1"])
    #expect(run.isOneSentence(about: "has not started this one itself"), "\(run.errors)")
  }

  @Test(arguments: ["", "--parent $$"])
  func aParentThatIsKilledTakesAnIdleWorkerWithIt(_ option: String) throws {
    try TestData.withTemporaryFolder { folder in
      let input = try HeldPipe("hold", in: folder)
      try Data("{\"do\": \"version\"}\n".utf8).write(to: folder.appendingPathComponent("requests"))
      let worker = try WorkerProcess(reading: ["requests", "hold"], option: option, in: folder)
      #expect(waits { worker.output.last == UInt8(ascii: "\n") })
      #expect(!worker.hasEnded)
      worker.killParent()
      #expect(waits { worker.hasEnded })
      withExtendedLifetime(input) {}
    }
  }

  @Test func aParentThatIsKilledTakesAWorkerInALongRequestWithIt() throws {
    try TestData.withTemporaryFolder { folder in
      let input = try HeldPipe("hold", in: folder)
      let images = Array(repeating: Self.image.path, count: 100_000)
      let requests =
        Data("{\"do\": \"version\"}\n".utf8)
        + (try Self.request(["do": "embed_images", "model": ScoreTests.tinyModel, "images": images]))
      try requests.write(to: folder.appendingPathComponent("requests"))
      let worker = try WorkerProcess(reading: ["requests", "hold"], option: "--parent $$", in: folder)
      // Its time on the processor tells that it does the second request: the first takes next to none.
      #expect(waits { worker.hasEnded || (worker.processorTicks ?? 0) > 50 })
      #expect(!worker.hasEnded)
      worker.killParent()
      #expect(waits { worker.hasEnded })
      #expect(worker.output.count { $0 == UInt8(ascii: "\n") } == 1)
      withExtendedLifetime(input) {}
    }
  }

  @Test func memoryDoesNotGrowWithTheRequests() throws {
    try TestData.withTemporaryFolder { folder in
      let holds = try ["hold", "other"].map { try HeldPipe($0, in: folder) }
      // A round has an image, another that is damaged, captions, and a reward that is opened and closed.
      let image = try Data(contentsOf: Self.image)
      let images =
        try Self.request(
          [
            "do": "embed_images", "model": ScoreTests.tinyModel, "images": [image.count, 200_000],
            "bytes": image.count + 200_000,
          ]) + image + Data(count: 200_000)
      for (name, rounds, mark) in [("first", 0..<20, "warm"), ("second", 20..<140, "done")] {
        var requests = Data()
        for round in rounds {
          requests += images
          requests += try Self.request([
            "do": "score", "candidates": (0..<32).map { "a dog \(round) \($0)" },
            "references": (0..<32).map { ["a cat \(round) \($0)"] }, "metrics": ["bleu", "rouge", "cider"],
          ])
          requests += try Self.request(["do": "reward_open", "reward": "rouge + cider"])
          requests += try Self.request([
            "do": "reward_items", "reward": round + 1, "ids": (0..<32).map { "\($0)" },
            "references": (0..<32).map { ["a cat \(round) \($0)"] },
          ])
          requests += try Self.request(["do": "reward_close", "reward": round + 1])
        }
        requests += try Self.request(["do": "version", "id": mark])
        try requests.write(to: folder.appendingPathComponent(name))
      }
      let worker = try WorkerProcess(reading: ["first", "hold", "second", "other"], in: folder)
      #expect(waits { worker.output.range(of: Data("\"warm\"".utf8)) != nil })
      let (memory, files) = (try #require(worker.residentKilobytes), try #require(worker.openFiles))
      holds[0].letGo()
      #expect(waits { worker.output.range(of: Data("\"done\"".utf8)) != nil })
      let (later, laterFiles) = (try #require(worker.residentKilobytes), try #require(worker.openFiles))
      // All payloads together are 40 MB.
      #expect(later < memory + 16 << 10, "\(memory) KiB, later \(later) KiB")
      #expect(laterFiles == files)
      #expect(worker.output.range(of: Data("\"ok\": false".utf8)) == nil)
      #expect(worker.output.range(of: Data("\"ok\":false".utf8)) == nil)
      holds[1].letGo()
      #expect(waits { worker.hasEnded })
    }
  }

  /// A request as it is sent.
  private static func request(_ members: [String: Any]) throws -> Data {
    try JSONSerialization.data(withJSONObject: members) + Data("\n".utf8)
  }
}
