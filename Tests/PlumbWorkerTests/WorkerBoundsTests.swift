import Foundation
import JSON
import PlumbWorker
import TestSupport
import Testing

/// What `plumb worker` takes and gives at most.
@Suite struct WorkerBoundsTests {
  private static let model = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("PlumbTests/Fixtures/tiny-clip").path

  /// The sentence of a refusal by a worker with narrow bounds; empty where the request is answered.
  private static func refusal(
    _ action: String, _ members: KeyValuePairs<String, JSONValue>, _ change: (inout WorkerBounds) -> Void
  ) throws -> String {
    var bounds = WorkerBounds()
    change(&bounds)
    var conversation = WorkerConversation()
    try conversation.ask(action, members)
    try conversation.ask("version", ["id": "next"])
    let (answers, isRead) = try WorkerConversation.answers(
      to: conversation.requests, of: PlumbWorker(threads: 1, bounds: bounds))
    #expect(isRead && answers.last?.header["id"] == "next")
    return try #require(answers.first).error
  }

  @Test func aRankingOfMoreThanAGibibyteIsRefused() throws {
    // Two matrices of 8,200 × 8,200 numbers of eight bytes are just over it. The model is not even looked for.
    let missing = JSONValue.array(Array(repeating: nil, count: 8_200))
    let refusal = try Self.refusal("rank", ["model": "/no/such", "images": missing, "texts": missing]) { _ in
    }
    #expect(refusal.contains("2 × 8200 × 8200 numbers") && refusal.contains("fewer items"), "\(refusal)")
    let smaller = JSONValue.array(Array(repeating: nil, count: 8_190))
    let other = try Self.refusal("rank", ["model": "/no/such", "images": smaller, "texts": smaller]) { _ in }
    #expect(other.contains("/no/such"), "\(other)")
  }

  @Test func answersAreBounded() throws {
    let texts: JSONValue = ["a dog", nil]
    let requests: [(String, KeyValuePairs<String, JSONValue>)] = [
      ("embed_texts", ["model": .string(Self.model), "texts": texts]),
      ("embed_images", ["model": .string(Self.model), "images": [nil, nil]]),
      ("tokenize", ["model": .string(Self.model), "texts": texts]),
      ("score", ["candidates": texts, "references": [["a dog"], ["a dog"]], "metrics": ["bleu"]]),
    ]
    for (action, members) in requests {
      let refusal = try Self.refusal(action, members) { $0.answer = 60 }
      #expect(refusal.contains("more than 60"), "\(action): \(refusal)")
      let (none, header) = (
        try Self.refusal(action, members) { _ in }, try Self.refusal("version", [:]) { $0.answer = 60 }
      )
      #expect(none.isEmpty && header.isEmpty, "\(action): \(none)")
    }
  }

  @Test func listsAreBounded() throws {
    for texts: JSONValue in [["a", "b", "c"], ["a", nil, nil]] {
      let refusal = try Self.refusal("words", ["texts": texts]) { $0.elements = 2 }
      #expect(refusal.contains("\"texts\" has 3 elements"), "\(refusal)")
      #expect(try Self.refusal("words", ["texts": texts]) { $0.elements = 3 }.isEmpty)
    }
    let many: KeyValuePairs<String, JSONValue> = [
      "candidates": ["a", "b"], "references": [["a", "b"], ["c"]], "metrics": ["bleu"],
    ]
    let refusal = try Self.refusal("score", many) { $0.elements = 2 }
    #expect(refusal.contains("\"references\" have 3 elements together"), "\(refusal)")
    #expect(try Self.refusal("score", many) { $0.elements = 3 }.isEmpty)
  }

  @Test func openRewardsAndTheirItemsAreBounded() throws {
    var bounds = WorkerBounds()
    bounds.rewards = 2
    bounds.rewardItems = 3
    var conversation = WorkerConversation()
    func items(_ reward: Int, _ ids: [String]) throws {
      try conversation.ask(
        "reward_items",
        [
          "reward": .integer(reward), "ids": .array(ids.map(JSONValue.string)),
          "references": .array(ids.map { _ in ["a dog"] }),
        ])
    }
    for _ in 0..<3 { try conversation.ask("reward_open", ["reward": "rouge"]) }
    try items(1, ["a", "b"])
    // "a" is there already.
    try items(1, ["a", "c"])
    try items(2, ["a"])
    try items(1, ["a", "b", "c"])
    try conversation.ask("reward_close", ["reward": 1])
    try items(2, ["a"])
    try conversation.ask("reward_open", ["reward": "rouge"])
    let answers = try WorkerConversation.answers(
      to: conversation.requests, of: PlumbWorker(threads: 1, bounds: bounds)
    ).answers
    #expect(answers.map(\.isOK) == [true, true, false, true, true, false, true, true, true, true])
    #expect(answers[2].error.contains("2 rewards are open"), "\(answers[2].error)")
    #expect(answers[5].error.contains("would hold 4 items"), "\(answers[5].error)")
    #expect(answers[6].header["count"] == 3 && answers[8].header["count"] == 1)
  }
}
