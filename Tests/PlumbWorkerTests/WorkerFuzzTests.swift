import Foundation
import JSON
import PlumbWorker
import TestSupport
import Testing

/// Whatever comes, a worker answers it or says why it ends.
@Suite struct WorkerFuzzTests {
  private static let model = JSONValue.string(
    TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("PlumbTests/Fixtures/tiny-clip").path)
  /// An image file of 2 × 2 pixels.
  private static let bitmap = Data(
    Array("BM".utf8) + [
      70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0,
    ]
      + Array(repeating: 0, count: 24) + (0..<16).map { $0 * 15 })

  /// A conversation for each kind of request, and one of them all.
  private static func corpus() throws -> [Data] {
    let images: JSONValue = [.integer(bitmap.count), nil, "/no/such.jpg"]
    let captions: JSONValue = ["It's a dog.", nil, "two cats"]
    let references: JSONValue = [["a dog", "dogs"], ["x"], ["cats"]]
    let scored: KeyValuePairs<String, JSONValue> = [
      "candidates": captions, "references": references, "metrics": ["bleu", "cider"], "statistics": true,
    ]
    let part = try WorkerConversation.answer(to: "score", scored).statistics
    let requests: [(String, KeyValuePairs<String, JSONValue>, Data)] = [
      ("version", ["id": 4], Data()), ("model", ["model": model, "precision": "bf16"], Data()),
      ("words", ["texts": captions], Data()), ("tokenize", ["model": model, "texts": captions], Data()),
      ("embed_texts", ["model": model, "texts": captions, "normalize": false], Data()),
      ("embed_images", ["model": model, "images": images, "exif": true], bitmap),
      ("rank", ["model": model, "images": images, "texts": captions, "definition": "pac"], bitmap),
      ("score", scored, Data()),
      (
        "score",
        [
          "model": model, "candidates": captions, "images": images, "references": references,
          "metrics": ["clipscore", "refclipscore", "rouge"], "tokenized": true,
        ], bitmap
      ),
      ("merge", ["parts": [.integer(part.count), .integer(part.count)], "candidates": true], part + part),
    ]
    var conversations = try requests.map { action, members, bytes in
      var conversation = WorkerConversation()
      try conversation.ask(action, members, bytes: bytes)
      return conversation.requests
    }
    var rewards = WorkerConversation()
    try rewards.ask("reward_open", ["reward": "lclip - 0.5*rouge + cider", "model": model])
    try rewards.ask(
      "reward_items",
      ["reward": 1, "ids": ["a", nil, "c"], "images": images, "references": references], bytes: bitmap)
    try rewards.ask(
      "reward_score",
      ["reward": 1, "ids": ["a", "c"], "captions": ["a dog", nil], "finished": [false, true]])
    try rewards.ask("reward_close", ["reward": 1])
    conversations.append(rewards.requests)
    return conversations + [conversations.reduce(Data(), +)]
  }

  /// What must hold of the answers to any bytes.
  private static func check(_ input: Data) throws {
    let (answers, isRead) = try WorkerConversation.answers(to: input)
    #expect(isRead || answers.last?.header["fatal"]?.bool == true)
    #expect(answers.allSatisfy { $0.isOK || !$0.error.isEmpty })
  }

  @Test func damagedRequestsAreAnsweredOrEndTheWorker() throws {
    let corpus = try Self.corpus()
    for input in corpus {
      // Undamaged they reach the code that they are meant for.
      let (answers, isRead) = try WorkerConversation.answers(to: input)
      #expect(isRead && !answers.isEmpty && answers.allSatisfy(\.isOK), "\(answers.map(\.error))")
    }
    Fuzzing.run(corpus: corpus, iterations: 300) { input in
      // What is thrown here is no refusal of the worker: its answer cannot be read.
      #expect(throws: Never.self) { try Self.check(input) }
    }
  }

  @Test func theHeaderHasALimitToTheByte() throws {
    let limit = 64 << 20
    for (count, isTaken) in [(limit, true), (limit + 1, false)] {
      let start = Data("{\"do\": \"version\"".utf8)
      let header =
        start + Data(repeating: UInt8(ascii: " "), count: count - start.count - 1) + Data("}\n".utf8)
      let (answers, isRead) = try WorkerConversation.answers(to: header)
      #expect(isRead == isTaken && answers.count == 1 && answers.first?.isOK == isTaken)
      #expect(isTaken || answers.first?.error.contains("more than \(limit) bytes") == true)
    }
  }
}
