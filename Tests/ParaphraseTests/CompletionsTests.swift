import Foundation
import Paraphrase
import TestSupport
import Testing

/// Paraphrases of base models, over the interface that continues a text.
@Suite struct CompletionsTests {
  /// A server that continues the last line of a prompt, and says what it was asked.
  private func server(_ answer: @escaping @Sendable (_ caption: String, _ step: Int) -> String) throws
    -> ChatServer
  {
    try ChatServer { request in
      guard request.path == "/v1/completions" else { return .init(status: 404, body: "{}") }
      let prompt = request.object["prompt"] as? String ?? ""
      let lines = prompt.split(separator: "\n")
      let caption = lines.dropLast().last?.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? ""
      return .completes(answer(caption, prompt.hasSuffix("Other words:") ? 2 : 1))
    }
  }

  private func run(_ support: RunSupport, _ server: ChatServer) throws -> ParaphraseRun.Result {
    let endpoint = try ChatEndpoint(
      server.endpoint, model: "base", interface: .completions, timeout: 20, environment: [:])
    return try ParaphraseRun(plan: support.plan, endpoint: endpoint, cache: support.cache()).run(
      support.captions)
  }

  private func with(_ body: (inout RunSupport) throws -> Void) throws {
    try RunSupport.with { support in
      support.plan = ParaphrasePlan(prompts: try PromptSet(for: .completions), batch: 3, concurrency: 2)
      support.plan.retry = RetryPolicy(retries: 1, delay: 0.001)
      try body(&support)
    }
  }

  @Test func examplesAreContinuedToTheEndOfTheLine() throws {
    try with { support in
      // A server that passes over the stop sequence, and goes on with examples of its own.
      let server = try server { " \(ChatServer.paraphrase(of: $0, step: $1))\n\nCaption: more\nPlain: more" }
      let result = try run(support, server)
      #expect(RunSupport.plainly(result.lines) == support.expected)
      #expect(result.lines.allSatisfy { $0.prompts == "1-examples" })
      let body = try #require(server.requests.first?.object)
      #expect(body["stop"] as? [String] == ["\n"] && body["messages"] == nil)
      // Six different captions in two steps, one in a request.
      #expect(server.requests.count == 12)
    }
  }

  @Test func anEmptyContinuationIsAskedForAgainAndThenSkipped() throws {
    try with { support in
      let server = try server { caption, step in
        caption.contains("bird 1 ") ? "\n" : ChatServer.paraphrase(of: caption, step: step)
      }
      let result = try run(support, server)
      #expect(result.lines.count == support.captions.count - 1)
      #expect(result.skipped.values.reduce(0, +) == 1)
    }
  }

  @Test func answersOfTheChatInterfaceAreNotTaken() throws {
    try with { support in
      let chat = try ParaphrasePlan(prompts: PromptSet())
      var other = chat
      other.prompts = try PromptSet(for: .completions)
      #expect(chat.prompts.version == "1" && other.prompts.version == "1-examples")
      let server = try server { ChatServer.paraphrase(of: $0, step: $1) }
      _ = try run(support, server)
      let asked = server.requests.count
      _ = try run(support, server)
      #expect(server.requests.count == asked)
      let good = try ChatServer()
      support.plan = chat
      _ = try support.run(good)
      #expect(good.requests.count > 0)
    }
  }

  @Test func theAddressOfTheChatInterfaceIsRefused() throws {
    #expect(throws: ParaphraseError.badEndpoint("http://host/v1/chat/completions")) {
      try ChatEndpoint(
        "http://host/v1/chat/completions", model: "m", interface: .completions, environment: [:])
    }
    let whole = try ChatEndpoint(
      "http://host/v1/completions", model: "m", interface: .completions, environment: [:])
    #expect(whole.url.absoluteString == "http://host/v1/completions")
  }

  @Test func aServerWithoutTheInterfaceIsNamed() throws {
    try with { support in
      let server = try ChatServer { _ in .init(status: 404, body: #"{"error": "no such path"}"#) }
      let error = #expect(throws: ParaphraseError.self) { try run(support, server) }
      #expect(error?.description.contains("--api, the interface that the server has") == true)
      #expect(error?.description.contains("/v1/completions") == true)
    }
  }
}
