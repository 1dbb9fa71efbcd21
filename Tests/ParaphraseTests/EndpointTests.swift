import Foundation
import HTTPClient
import Paraphrase
import TestSupport
import Testing

@Suite struct EndpointTests {
  private func failure(_ answer: ChatServer.Answer, key: [String: String] = [:]) throws -> (
    ParaphraseError?, Int
  ) {
    try RunSupport.with(captions: 4) { support in
      support.plan.concurrency = 1
      let server = try ChatServer { _ in answer }
      defer { server.stop() }
      let error = #expect(throws: ParaphraseError.self) { try support.run(server, key: key) }
      return (error, server.requests.count)
    }
  }

  @Test(arguments: [401, 403]) func aRefusedKeyIsNamedAndNotShown(status: Int) throws {
    let secret = "sk-very-secret"
    let body = "{\"error\": {\"message\": \"Incorrect API key provided: \(secret)\"}}"
    let (error, count) = try failure(
      .init(status: status, body: body), key: ["OPENAI_API_KEY": " \(secret)\n"])
    #expect(count == 1, "not asked again")
    guard case .refused(_, status, "OPENAI_API_KEY") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      error?.description.contains(secret) == false && error?.description.contains("OPENAI_API_KEY") == true)
    #expect(try failure(.init(status: status)).0?.description.contains("set PLUMB_LLM_KEY") == true)
  }

  @Test func noErrorShowsTheKey() throws {
    let secret = "sk-very-secret"
    let body = "{\"error\": {\"message\": \"bad \(secret)\"}}"
    for status in [400, 404, 422, 500] {
      let (error, _) = try failure(.init(status: status, body: body), key: ["PLUMB_LLM_KEY": secret])
      #expect(
        error?.description.contains("bad …") == true
          && "\(String(describing: error))".contains(secret) == false)
    }
  }

  @Test func noPartOfTheKeyIsLeftWhereAnErrorIsCut() throws {
    let secret = "sk-very-secret"
    for length in 60...210 {
      let filler = String(repeating: "x", count: length)
      for body in ["<html>\(filler)\(secret)", "{\"error\": {\"message\": \"\(filler)\(secret)\"}}"] {
        for status in [200, 400, 500] {
          let reply = ChatReply(HTTPReply(status: status, body: Array(body.utf8)), hiding: secret)
          #expect("\(reply)".contains("sk-") == false, "\(length) \(status)")
        }
      }
    }
  }

  @Test func theKeyIsSentAndOnlyToItsServer() throws {
    try RunSupport.with(captions: 2) { support in
      let elsewhere = try ChatServer()
      defer { elsewhere.stop() }
      let target = elsewhere.endpoint
      let server = try ChatServer { _ in .init(status: 307, headers: ["Location": target]) }
      defer { server.stop() }
      let error = #expect(throws: ParaphraseError.self) {
        try support.run(server, key: ["PLUMB_LLM_KEY": "first", "OPENAI_API_KEY": "second"])
      }
      #expect(error?.description.contains("redirects to \(target)") == true)
      #expect(error?.description.hasSuffix("with --endpoint.") == true)
      #expect(server.requests.first?.headers["authorization"] == "Bearer first")
      #expect(elsewhere.requests.isEmpty)
    }
  }

  @Test func headersWithoutEndBreakAnAnswer() throws {
    let trailers = (0..<2200).map { "X-\($0): \(String(repeating: "y", count: 1000))\r\n" }.joined()
    let body = Data("2\r\n{}\r\n0\r\n\(trailers)\r\n".utf8)
    let server = try LocalServer { _ in
      .init(headers: ["Transfer-Encoding": "chunked"], body: body, announced: -1)
    }
    defer { server.stop() }
    let url = try #require(URL(string: server.endpoint))
    let failure = #expect(throws: HTTPFailure.self) {
      try HTTPPost(url: url, key: nil, timeout: 30).send("{}")
    }
    guard case .broken("the answer has more than 1 MiB of headers", _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test func whatAskingAgainCannotChangeEndsTheRun() throws {
    #expect(
      try failure(.init(status: 404, body: #"{"error": "no model"}"#)).0?.description.contains("no model")
        == true)
    let (rejected, count) = try failure(
      .init(status: 400, body: #"{"error": {"message": "temperature too high"}}"#))
    #expect(rejected?.description.contains("temperature too high") == true && count == 1)
    let quota = #"{"error": {"message": "m", "code": "insufficient_quota"}}"#
    guard case .noCredit = try failure(.init(status: 429, body: quota)).0 else {
      Issue.record("another error")
      return
    }
  }

  @Test func aLongRestEndsTheRun() throws {
    let (error, count) = try failure(.init(status: 429, headers: ["Retry-After": "7200"]))
    guard case .asksToWait(_, 7200) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(count == 1)
  }

  @Test func modelsThatNameTheLimitOtherwiseAreServed() throws {
    try RunSupport.with(captions: 3) { support in
      let server = try ChatServer { request in
        request.object["max_tokens"] == nil
          ? .good(request)
          : .init(status: 400, body: #"{"error": {"message": "Use 'max_completion_tokens' instead."}}"#)
      }
      defer { server.stop() }
      support.plan.concurrency = 1
      #expect(RunSupport.plainly(try support.run(server).lines) == support.expected)
      #expect(server.requests.last?.object["max_completion_tokens"] as? Int == 512)
    }
  }

  @Test func aFilterIsARefusal() throws {
    try RunSupport.with(captions: 3) { support in
      let bad = RunSupport.text(1)
      let server = try ChatServer { request in
        request.captions.contains(bad)
          ? .init(status: 400, body: #"{"error": {"message": "m", "code": "content_filter"}}"#)
          : .good(request)
      }
      defer { server.stop() }
      let result = try support.run(server)
      #expect(result.skipped == ["refusal": 1] && result.lines.count == 2)
    }
  }

  @Test(arguments: [
    "", "localhost:8000", "ftp://host/v1", "http://", "http://user:pass@host/v1", "http://host/v1?key=1",
  ])
  func whatIsNoAddressIsRefused(address: String) {
    #expect(throws: ParaphraseError.badEndpoint(address)) {
      try ChatEndpoint(address, model: "m", environment: [:])
    }
  }

  @Test func addressesMayEndAsTheyLike() throws {
    for address in ["http://host/v1", "http://host/v1/", "http://host/v1/chat/completions"] {
      #expect(
        try ChatEndpoint(address, model: "m", environment: [:]).url.absoluteString
          == "http://host/v1/chat/completions")
    }
    #expect(throws: ParaphraseError.badKey(variable: "PLUMB_LLM_KEY")) {
      try ChatEndpoint("http://host/v1", model: "m", environment: ["PLUMB_LLM_KEY": "a\nb"])
    }
    let key = ["PLUMB_LLM_KEY": "a"]
    #expect(
      try ChatEndpoint("http://far.example/v1", model: "m", environment: key).warning?.contains("unencrypted")
        == true)
    #expect(try ChatEndpoint("https://far.example/v1", model: "m", environment: key).warning == nil)
    #expect(try ChatEndpoint("http://localhost/v1", model: "m", environment: key).warning == nil)
  }

  @Test func retryAfterIsANumberOrADate() {
    let now = Date(timeIntervalSince1970: 784_111_777 - 30)
    #expect(RetryPolicy.rest(askedBy: "120", now: now) == 120)
    #expect(RetryPolicy.rest(askedBy: " 0.5 ", now: now) == 0.5)
    for date in [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ] {
      #expect(RetryPolicy.rest(askedBy: date, now: now) == 30, "\(date)")
    }
    #expect(RetryPolicy.rest(askedBy: "Sun, 06 Nov 1994 08:49:37 GMT", now: now.addingTimeInterval(60)) == 0)
    for nonsense in ["", "soon", "nan", "inf", "-5x"] {
      #expect(RetryPolicy.rest(askedBy: nonsense, now: now) == nil)
    }
    #expect(RetryPolicy.rest(askedBy: "-5", now: now) == 0)
    #expect(RetryPolicy.rest(askedBy: nil, now: now) == nil)
  }

  @Test func delaysDoubleUpToALimitWithChance() {
    let policy = RetryPolicy(delay: 1, longestDelay: 60)
    #expect((1...4).map { policy.backOff(after: $0, chance: 1) } == [1, 2, 4, 8])
    #expect((1...4).map { policy.backOff(after: $0, chance: 0) } == [0.5, 1, 2, 4])
    #expect(policy.backOff(after: 500, chance: 1) == 60)
  }

  @Test func anyAnswerOfAnyServerIsTaken() throws {
    let good = ChatServer.Answer.list(["seen bird 0 sits on some branch", "b"]).body
    let corpus = [
      good, Data("[\"a\", {\"number\": 2, \"text\": \"b\"}] [[[".utf8), Data("```json\n[]\n```".utf8),
    ]
    Fuzzing.run(corpus: corpus, seed: 3, iterations: 3000) { input in
      for status in [200, 400, 429] { _ = ChatReply(HTTPReply(status: status, body: [UInt8](input))) }
      _ = try ResponseList.read(String(decoding: input, as: UTF8.self), count: 2)
    }
  }

  @Test(arguments: [Int.min, -1, 0, 3, .max]) func numbersOfOtherCaptionsAreMalformed(number: Int) {
    let list = "[{\"number\": 1, \"text\": \"a\"}, {\"number\": \(number), \"text\": \"b\"}]"
    #expect(throws: ResponseFault.malformed("the numbers of the list were not those of the captions")) {
      try ResponseList.read(list, count: 2)
    }
  }

  private func reply(content: String) -> ChatReply {
    let body =
      #"{"choices": [{"message": {"role": "assistant", "content": \#(content)}, "finish_reason": "stop"}]}"#
    return ChatReply(HTTPReply(status: 200, body: Array(body.utf8)))
  }

  @Test(arguments: [
    #""a dog""#, #"[{"type": "text", "text": "a dog"}]"#,
    #"[{"type": "text", "text": "a "}, {"type": "text", "text": "dog"}]"#,
    #"[{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a dog"}]"#, #"[{"text": "a dog"}]"#,
    #"["a dog"]"#,
    #"[{"type": "output_text", "text": "a dog"}]"#, #"[{"type": "text", "text": {"value": "a dog"}}]"#,
    #"[{"type": "text", "text": "<think>hm</think>a "}, null, 5, {"type": "text", "text": "dog"}]"#,
  ])
  func contentIsATextOrAListOfParts(content: String) {
    #expect(reply(content: content) == .answer(text: "a dog", isCut: false, tokens: nil))
  }

  @Test func aPartMayBeARefusal() {
    #expect(reply(content: #"[{"type": "refusal", "refusal": "no"}]"#) == .refusal(tokens: nil))
    #expect(reply(content: "[]") == .answer(text: "", isCut: false, tokens: nil))
  }
}
