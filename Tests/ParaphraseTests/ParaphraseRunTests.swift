import Foundation
import Paraphrase
import TestSupport
import Testing

@Suite struct ParaphraseRunTests {
  @Test func paraphrasesEveryTextOnceInTwoSteps() throws {
    try RunSupport.with { support in
      let server = try ChatServer()
      defer { server.stop() }
      let result = try support.run(server)
      #expect(RunSupport.plainly(result.lines) == support.expected)
      #expect(server.asked.count == 12 && server.asked.values.allSatisfy { $0 == 1 }, "six texts, two steps")
      #expect(server.requests.allSatisfy { $0.path == "/v1/chat/completions" && $0.captions.count <= 3 })
      #expect(
        result.cost.requests == server.requests.count && result.cost.tokens == 50 * server.requests.count)
      let different = Dictionary(
        result.lines.map { ($0.caption, $0.tokens) }, uniquingKeysWith: { a, _ in a })
      #expect(different.values.reduce(0, +) == result.cost.tokens, "every token belongs to a caption")
      let body = try #require(server.requests.first?.object)
      #expect(body["temperature"] as? Double == 1 && body["top_p"] as? Double == 0.1)
      #expect(body["max_tokens"] as? Int == 512 && body["model"] as? String == "tiny")
    }
  }

  @Test func whatIsInTheStoreIsNotAskedAgain() throws {
    try RunSupport.with { support in
      var support = support
      // Which captions share a request depends on what is answered first: with one thread it is always the same.
      support.plan.concurrency = 1
      let server = try ChatServer()
      defer { server.stop() }
      let first = try support.run(server)
      let count = server.requests.count
      let second = try support.run(server)
      #expect(server.requests.count == count)
      #expect(second.lines == first.lines)
      #expect(second.cost.cached == 12 && second.cost.answered == 0 && second.cost.tokens == 0)
      var other = support
      other.plan.sampling.temperature = 0.5
      _ = try other.run(server)
      #expect(server.requests.count == 2 * count, "other settings are other questions")
    }
  }

  @Test(arguments: [
    ChatServer.Answer(
      status: 429, headers: ["Retry-After": "0"], body: #"{"error": {"message": "slow down"}}"#),
    ChatServer.Answer(status: 429, headers: ["Retry-After": "Fri, 13 Nov 2020 08:00:00 GMT"]),
    ChatServer.Answer(status: 500), ChatServer.Answer(status: 503, body: "<html>"),
    ChatServer.Answer(status: 408),
    ChatServer.Answer(body: "{\"choices\": [{\"mess"), ChatServer.Answer(body: ""),
    ChatServer.Answer(body: "[]"),
    ChatServer.Answer(body: #"{"error": {"message": "overloaded"}}"#),
    ChatServer.Answer(body: #"{"choices": []}"#),
    ChatServer.Answer(body: String(repeating: "x", count: 1000), cutAfter: 100),
  ])
  func aFailingServerIsAskedAgain(failure: ChatServer.Answer) throws {
    try RunSupport.with { support in
      // Two in a row fail, then one is good: never more failures in a row than retries.
      let server = try ChatServer { $0.index % 3 == 2 ? .good($0) : failure }
      defer { server.stop() }
      support.plan.concurrency = 1
      let result = try support.run(server)
      #expect(RunSupport.plainly(result.lines) == support.expected)
      #expect(server.answered.count == 12 && server.answered.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func aServerThatHangsIsGivenUpAndAskedAgain() throws {
    try RunSupport.with(captions: 2) { support in
      let server = try ChatServer { request in
        request.index == 0
          ? ChatServer.Answer(body: "{\"choices\": [", cutAfter: 5, hangs: true) : .good(request)
      }
      defer { server.stop() }
      let result = try support.run(server, timeout: 1)
      #expect(RunSupport.plainly(result.lines) == support.expected)
    }
  }

  @Test func aBatchWithAWrongNumberOfAnswersIsSplit() throws {
    try RunSupport.with(captions: 9) { support in
      support.plan.batch = 8
      let server = try ChatServer { request in
        guard request.captions.count > 2 else { return .good(request) }
        return .list(Array(repeating: "too few", count: request.captions.count - 1))
      }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(RunSupport.plainly(result.lines) == support.expected)
      #expect(server.answered.values.allSatisfy { $0 == 1 })
      let spent = try support.cache().spent()
      #expect(spent.tokens == 50 * server.requests.count && spent.requests == server.requests.count)
    }
  }

  @Test func aBadAnswerIsAskedAgainWithItsReason() throws {
    try RunSupport.with(captions: 3) { support in
      support.plan.batch = 2
      let server = try ChatServer { request in
        guard request.step == 1, request.problems.contains(nil) else { return .good(request) }
        return .list(request.captions)
      }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(RunSupport.plainly(result.lines) == support.expected)
      let problems = server.requests.filter { $0.step == 1 }.flatMap(\.problems).compactMap(\.self)
      #expect(problems.count == 2 && problems.allSatisfy { $0.contains("the caption itself") })
    }
  }

  @Test(arguments: [
    ("caption itself", "bird 1 sits on some branch"), ("empty", ""),
    ("refusal", "I'm sorry, I can't do that."),
    ("lost number", "a bird on a branch"),
    ("too long", "bird 1 " + Array(repeating: "word", count: 40).joined(separator: " ")),
  ])
  func whatStaysBadIsSkippedAndCounted(fault: String, answer: String) throws {
    try RunSupport.with(captions: 5) { support in
      let bad = RunSupport.text(1)
      let server = try ChatServer { request in
        .list(request.captions.map { $0 == bad ? answer : ChatServer.paraphrase(of: $0, step: request.step) })
      }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(result.skipped == [fault: 1])
      #expect(result.lines.count == 4 && !result.lines.contains { $0.caption == bad })
      #expect(result.examples.first?.reason.contains("line 2") == true)
      #expect(server.asked["1 \(bad)"] == 3, "as often as --attempts says")
      let again = try support.run(server)
      #expect(again.skipped == [fault: 1] && server.asked["1 \(bad)"] == 3, "not asked by another run either")
      support.plan.attempts = 4
      _ = try support.run(server)
      #expect(server.asked["1 \(bad)"] == 4, "but once more where more attempts are allowed")
    }
  }

  @Test func wordsOfThePlainFormThatStayAreABadAnswer() throws {
    try RunSupport.with(captions: 2) { support in
      let server = try ChatServer { request in
        request.step == 1
          ? .good(request) : .list(request.captions.map { "on a branch \($0)".replacing("some", with: "") })
      }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(result.skipped == ["shared words": 2])
      #expect(server.requests.last?.problems.first??.contains("bird, branch") == true)
    }
  }

  @Test(arguments: ["I'm sorry, but no.", "{\"a\": 1}", "[\"a\", 5]", "no list [ at all"])
  func answersThatCannotBeReadAreSplitAndThenSkipped(text: String) throws {
    try RunSupport.with(captions: 3) { support in
      let server = try ChatServer { _ in .says(text) }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(result.lines.isEmpty)
      #expect(result.skipped == [text.hasPrefix("I'm") ? "refusal" : "malformed answer": 3])
    }
  }

  @Test func anAnswerThatIsCutIsAskedForInParts() throws {
    try RunSupport.with(captions: 4) { support in
      let server = try ChatServer { request in
        request.captions.count > 1 ? .says("[\"seen bird", finish: "length") : .good(request)
      }
      defer { server.stop() }
      #expect(RunSupport.plainly(try support.run(server).lines) == support.expected)
    }
  }

  @Test func formsThatModelsAnswerInAreRead() throws {
    try RunSupport.with(captions: 4) { support in
      let server = try ChatServer { request in
        let texts = request.captions.map { ChatServer.paraphrase(of: $0, step: request.step) }
        let objects = texts.enumerated().map { "{\"number\": \($0 + 1), \"paraphrase\": \"\($1)\"}" }
        return .says(
          "<think>[1] or [2]?</think>Here you are:\n```json\n[\(objects.reversed().joined(separator: ","))]\n```\nBye"
        )
      }
      defer { server.stop() }
      #expect(RunSupport.plainly(try support.run(server).lines) == support.expected)
      let plain = try ChatServer {
        .says("\"\(ChatServer.paraphrase(of: $0.captions[0], step: $0.step))\"\n")
      }
      defer { plain.stop() }
      support.plan.batch = 1
      support.plan.sampling.maxTokens = 100
      #expect(RunSupport.plainly(try support.run(plain).lines) == support.expected)
    }
  }

  @Test func aServerThatDiesLosesNothing() throws {
    try RunSupport.with(captions: 30) { support in
      let dying = try ChatServer { request in
        request.index < 6 ? .good(request) : ChatServer.Answer(body: "{\"choices\"", cutAfter: 4)
      }
      let error = #expect(throws: ParaphraseError.self) { try support.run(dying) }
      dying.stop()
      guard case .serverFailed(_, 4, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(error?.description.contains("continues from there") == true)
      // Nobody listens there any more.
      #expect(throws: ParaphraseError.self) { try support.run(dying) }
      let living = try ChatServer()
      defer { living.stop() }
      let result = try support.run(living)
      #expect(RunSupport.plainly(result.lines) == support.expected)
      for (question, count) in living.asked {
        #expect(count == 1 && dying.answered[question] == nil, "\(question)")
      }
      #expect(dying.answered.count + living.answered.count == 58)
    }
  }

  @Test func theBudgetIsNotExceeded() throws {
    try RunSupport.with(captions: 60) { support in
      support.plan.batch = 4
      support.plan.budget = 5000
      support.plan.sampling.maxTokens = 300
      let server = try ChatServer { .good($0, tokens: 400) }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(result.cost.cacheTokens <= 5000 && result.cost.cacheTokens > 3500, "\(result.cost.cacheTokens)")
      #expect(result.cost.unreached > 0 && result.cost.unreached + result.lines.count == 60)
      let requests = server.requests.count
      let same = try support.run(server)
      #expect(server.requests.count == requests && same.lines == result.lines, "it is the cache's budget")
      support.plan.budget = 1_000_000
      #expect(RunSupport.plainly(try support.run(server).lines) == support.expected)
      #expect(server.asked.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func severalRequestsGoAtOnceAndNoMoreThanAllowed() throws {
    try RunSupport.with(captions: 40) { support in
      support.plan.batch = 1
      support.plan.concurrency = 3
      let gate = NSCondition()
      nonisolated(unsafe) var arrived = 0
      let server = try ChatServer { request in
        gate.lock()
        arrived += 1
        gate.broadcast()
        // The first ones wait for each other; without concurrency they would wait for ever.
        while arrived < 3 { gate.wait() }
        gate.unlock()
        return .good(request)
      }
      defer { server.stop() }
      #expect(RunSupport.plainly(try support.run(server).lines) == support.expected)
      #expect(server.mostAtOnce >= 3)
    }
  }

  @Test func theRateIsKept() throws {
    try RunSupport.with(captions: 4) { support in
      support.plan.batch = 1
      support.plan.rate = 1200
      let server = try ChatServer()
      defer { server.stop() }
      let start = ContinuousClock.now
      _ = try support.run(server)
      #expect(ContinuousClock.now - start >= .milliseconds(250), "six requests, 50 ms from one to the next")
    }
  }
}
