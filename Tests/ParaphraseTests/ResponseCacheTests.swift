import Foundation
import Paraphrase
import TestSupport
import Testing

@Suite struct ResponseCacheTests {
  private final class Clock: @unchecked Sendable {
    // Unchecked: a test's one thread moves it.
    var time = 1000.0
  }

  private let question = ResponseCache.Question(key: "k", step: .plain, input: "a dog")

  private func with<R>(_ body: (URL) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { try body($0.appendingPathComponent("answers.cache")) }
  }

  private func answer(_ text: String) -> ResponseCache.Outcome {
    .init(key: "k", result: .success(text), tokens: 7)
  }

  @Test func aClaimKeepsOthersAwayUntilItIsAnswered() throws {
    try with { file in
      let (a, b) = (try ResponseCache(at: file), try ResponseCache(at: file))
      #expect(try a.claim([question], attempts: 3) == [.claimed(attempts: 0, problem: nil)])
      #expect(try b.claim([question], attempts: 3) == [.busy])
      #expect(try b.known(["k"], attempts: 3) == [nil])
      #expect(
        try a.record([answer("x")], attempts: 3, reservation: nil, tokens: 7) == [.answered("x", tokens: 7)])
      #expect(try b.claim([question], attempts: 3) == [.answered("x", tokens: 7)])
      #expect(try b.known(["k", "other"], attempts: 3) == [.answered("x", tokens: 7), nil])
    }
  }

  @Test func aLeaseEndsUnlessItIsRenewed() throws {
    try with { file in
      let clock = Clock()
      let a = try ResponseCache(at: file, lease: 10, now: { clock.time })
      let b = try ResponseCache(at: file, lease: 10, now: { clock.time })
      _ = try a.claim([question], attempts: 3)
      clock.time += 9
      try a.renew()
      clock.time += 9
      #expect(try b.claim([question], attempts: 3) == [.busy])
      clock.time += 2
      #expect(try b.claim([question], attempts: 3) == [.claimed(attempts: 0, problem: nil)])
      // Both answer: the first answer stays.
      #expect(
        try b.record([answer("first")], attempts: 3, reservation: nil, tokens: 0) == [
          .answered("first", tokens: 7)
        ])
      #expect(
        try a.record([answer("late")], attempts: 3, reservation: nil, tokens: 0) == [
          .answered("first", tokens: 14)
        ])
    }
  }

  @Test func theClaimsOfADeadProcessAreTakenUpAtOnce() throws {
    try with { file in
      // A process that lived, and does no more.
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "read line"]
      let pipe = Pipe()
      process.standardInput = pipe
      try process.run()
      let owner = CacheOwner.of(process: Int(process.processIdentifier))
      let dead = try ResponseCache(at: file, lease: 1e6, owner: owner, now: { 0 })
      _ = try dead.claim([question], attempts: 3)
      let living = try ResponseCache(at: file, lease: 10, owner: .current(), now: { 0 })
      #expect(try living.claim([question], attempts: 3) == [.busy])
      try pipe.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(try living.claim([question], attempts: 3) == [.claimed(attempts: 0, problem: nil)])
    }
  }

  @Test func aReleasedClaimIsFree() throws {
    try with { file in
      let (a, b) = (try ResponseCache(at: file), try ResponseCache(at: file))
      _ = try a.claim([question], attempts: 3)
      try b.release(["k"])
      #expect(try b.claim([question], attempts: 3) == [.busy], "only its owner may release it")
      try a.release(["k"])
      #expect(try b.claim([question], attempts: 3) == [.claimed(attempts: 0, problem: nil)])
    }
  }

  @Test func attemptsAndTheirReasonsAreKept() throws {
    try with { file in
      let bad = ResponseCache.Outcome(key: "k", result: .failure(.lostNumber("2")), tokens: 5)
      let a = try ResponseCache(at: file)
      _ = try a.claim([question], attempts: 2)
      let reason = ResponseFault.lostNumber("2").reason
      #expect(
        try a.record([bad], attempts: 2, reservation: nil, tokens: 5) == [
          .claimed(attempts: 1, problem: reason)
        ])
      #expect(
        try a.record([bad], attempts: 2, reservation: nil, tokens: 5) == [
          .skipped(fault: "lost number", tokens: 10)
        ])
      let b = try ResponseCache(at: file)
      #expect(try b.claim([question], attempts: 2) == [.skipped(fault: "lost number", tokens: 10)])
      #expect(try b.claim([question], attempts: 3) == [.claimed(attempts: 2, problem: reason)])
    }
  }

  @Test func theBudgetHoldsForAllThatShareTheStore() throws {
    try with { file in
      let (a, b) = (try ResponseCache(at: file), try ResponseCache(at: file))
      guard case .granted(let slip) = try a.reserve(60, budget: 100) else {
        Issue.record("there was room")
        return
      }
      #expect(try b.reserve(60, budget: 100) == .wait, "the first may need less than it reserved")
      try a.settle(slip, tokens: 30)
      guard case .granted(let other) = try b.reserve(60, budget: 100) else {
        Issue.record("there was room")
        return
      }
      try b.settle(other, tokens: 60)
      #expect(try a.reserve(11, budget: 100) == .exhausted)
      #expect(try a.spent().tokens == 90)
      #expect(try a.spent().requests == 2)
    }
  }

  @Test func manyThreadsClaimEveryQuestionOnce() throws {
    try with { file in
      let questions = (0..<200).map { ResponseCache.Question(key: "k\($0)", step: .plain, input: "a") }
      let counts = NSCountedSet()
      let lock = NSLock()
      nonisolated(unsafe) let shared = counts
      nonisolated(unsafe) var failures = 0
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        do {
          let cache = try ResponseCache(at: file)
          for question in questions {
            guard case .claimed = try cache.claim([question], attempts: 1)[0] else { continue }
            lock.withLock { shared.add(question.key) }
          }
        } catch {
          lock.withLock { failures += 1 }
        }
      }
      #expect(failures == 0)
      #expect(questions.allSatisfy { counts.count(for: $0.key) == 1 })
    }
  }

  @Test func filesThatAreNoStoresAreRefusedAndKept() throws {
    try with { file in
      let text = Data(String(repeating: "not a database. ", count: 100).utf8)
      try text.write(to: file)
      let error = #expect(throws: ParaphraseError.self) { try ResponseCache(at: file) }
      #expect(
        error?.description.contains("this is not a cache of responses; name another file with --cache")
          == true)
      #expect(try Data(contentsOf: file) == text)
      #expect(throws: ParaphraseError.self) { try ResponseCache(at: file.deletingLastPathComponent()) }
      #expect(throws: ParaphraseError.self) {
        try ResponseCache(at: file.deletingLastPathComponent().appendingPathComponent("no/where"))
      }
    }
  }
}
