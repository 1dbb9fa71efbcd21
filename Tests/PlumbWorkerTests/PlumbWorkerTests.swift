import CLIP
import CaptionMetrics
import Foundation
import JSON
import PlumbWorker
import TestSupport
import Testing

/// What `plumb worker` answers.
@Suite struct PlumbWorkerTests {
  private static let package = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let model = package.appendingPathComponent("Tests/PlumbTests/Fixtures/tiny-clip").path
  private static let images: [URL] = {
    let found = FileManager.default.enumerator(
      at: package.appendingPathComponent("Examples"), includingPropertiesForKeys: nil)
    return (found?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "jpg" }
      .sorted { $0.path < $1.path }
  }()
  private static let candidates: [JSONValue] = [
    "a brown dog runs on the grass", "two men sit on a bench", "a child", "a man rides a horse",
  ]
  private static let references: [JSONValue] = [
    ["a dog runs over the grass", "the brown dog is running"], ["two people sit on a bench"],
    ["a child jumps", "a boy in the air"], ["a man on a horse", "the rider"],
  ]

  @Test func embeddingsAreThoseOfTheModel() throws {
    let (image, other) = (try #require(Self.images.first), try #require(Self.images.last))
    let bytes = try Data(contentsOf: image)
    let clip = try CLIPEmbedder(
      opening: URL(fileURLWithPath: Self.model), options: CLIPEmbedder.Options(threads: 1))
    let answer = try WorkerConversation.answer(
      to: "embed_images",
      [
        "model": .string(Self.model),
        "images": [.string(other.path), .integer(bytes.count), nil, "/no/such.jpg", 3],
      ], bytes: bytes + Data("abc".utf8))
    #expect(answer.isOK, "\(answer.error)")
    let found = answer.numbers(Float.self)
    let expected = try clip.embedImages(at: [other, image])
    #expect(answer.shape == [5, clip.dimension])
    let own = expected.embeddings.values
    #expect(Array(found[..<(2 * clip.dimension)]) == own)
    let others = found[(2 * clip.dimension)...]
    #expect(others.allSatisfy { $0.isNaN })
    #expect(answer.failures.keys.sorted() == [2, 3, 4])
    #expect(answer.failures[2] == "the image is missing.")
    #expect(answer.failures[3]?.hasPrefix("/no/such.jpg: ") == true)
    #expect(answer.failures[4]?.hasPrefix("image 4: ") == true, "\(answer.failures)")

    let texts = try WorkerConversation.answer(
      to: "embed_texts", ["model": .string(Self.model), "texts": ["a dog", nil, "two cats"]])
    let captions = try clip.embedTexts(["a dog", "two cats"])
    let rows = texts.numbers(Float.self)
    #expect(Array(rows[..<clip.dimension]) == Array(captions[0]))
    #expect(Array(rows[(2 * clip.dimension)...]) == Array(captions[1]))
    #expect(texts.failures == [1: "the text is missing."])
  }

  @Test func rankingsAreOfTheSameEmbeddings() throws {
    let answer = try WorkerConversation.answer(
      to: "rank",
      [
        "model": .string(Self.model), "images": [.string(try #require(Self.images.first).path), nil],
        "texts": ["a dog", nil], "definition": "torchmetrics",
      ])
    let values = answer.numbers(Double.self)
    #expect(answer.shape == [2, 2, 2])
    #expect(values[0] == 100 * values[4] && values[0].isFinite)
    #expect([1, 2, 3, 5, 6, 7].allSatisfy { values[$0].isNaN })
  }

  @Test func partsOfACorpusMergeIntoTheWhole() throws {
    let image = JSONValue.string(try #require(Self.images.first).path)
    func keys(_ range: Range<Int>) -> KeyValuePairs<String, JSONValue> {
      [
        "model": .string(Self.model), "candidates": .array(Array(Self.candidates[range])),
        "references": .array(Array(Self.references[range])), "images": .array(range.map { _ in image }),
        "metrics": ["bleu", "rouge", "cider", "clipscore", "refclipscore"], "statistics": true,
      ]
    }
    var conversation = WorkerConversation()
    for range in [0..<4, 0..<1, 1..<4] { try conversation.ask("score", keys(range)) }
    let (answers, isRead) = try conversation.answers()
    #expect(isRead && answers.allSatisfy(\.isOK), "\(answers.map(\.error))")
    let parts = answers[1...].map(\.statistics)
    let merged = try WorkerConversation.answer(
      to: "merge", ["parts": .array(parts.map { .integer($0.count) })], bytes: parts.reduce(Data(), +))
    #expect(merged.isOK, "\(merged.error)")
    #expect(merged.values == answers[0].values && merged.values.count == 8)
    #expect(merged.shape == [8, 4])
    #expect(merged.numbers(Double.self) == answers[0].numbers(Double.self))
    #expect(merged.header["signature"] == answers[0].header["signature"])
    let bare = try WorkerConversation.answer(
      to: "merge", ["parts": .array(parts.map { .integer($0.count) }), "candidates": false],
      bytes: parts.reduce(Data(), +))
    #expect(bare.values == merged.values && bare.shape == [8, 0])
  }

  @Test func damagedOrForeignPartsAreRefused() throws {
    var conversation = WorkerConversation()
    for metric in ["bleu", "cider"] {
      try conversation.ask(
        "score",
        [
          "candidates": .array(Self.candidates), "references": .array(Self.references),
          "metrics": [.string(metric)], "statistics": true,
        ])
    }
    let parts = try conversation.answers().answers.map(\.statistics)
    func merge(_ parts: [Data]) throws -> WorkerConversation.Answer {
      try WorkerConversation.answer(
        to: "merge", ["parts": .array(parts.map { .integer($0.count) })], bytes: parts.reduce(Data(), +))
    }
    let (mixed, cut) = (try merge(parts), try merge([parts[0], parts[0].dropLast()]))
    #expect(mixed.error.contains("another list of metrics") && cut.error.contains("part 2"))
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let damaged = Fuzzing.mutate(parts[1], corpus: parts, using: &generator)
      guard damaged != parts[1], damaged != parts[0] else { continue }
      let merged = try merge([damaged])
      #expect(!merged.isOK)
    }
  }

  @Test func whatIsWrongWithACaptionStaysWithIt() throws {
    let image = JSONValue.string(try #require(Self.images.first).path)
    let answer = try WorkerConversation.answer(
      to: "score",
      [
        "model": .string(Self.model), "candidates": ["a dog", nil, "a cat", "a bird", "a cow", "a horse"],
        "references": [["a dog"], ["x"], [], ["a bird"], ["a cow", nil], nil],
        "images": [image, nil, nil, "/no/such.jpg", image, image], "metrics": ["bleu", "clipscore"],
      ])
    #expect(answer.isOK, "\(answer.error)")
    #expect(answer.failures.keys.sorted() == [1, 2, 3, 4, 5], "\(answer.failures)")
    #expect(answer.failures[3]?.hasPrefix("its image cannot be embedded: /no/such.jpg: ") == true)
    #expect(answer.failures[4] == "one of its references is missing.")
    #expect(answer.failures[5] == "it has no references.")
    #expect(answer.header["count"]?.integer == 1)
    let values = answer.numbers(Double.self)
    #expect((0..<5).allSatisfy { values[$0 * 6].isFinite && values[$0 * 6 + 4].isNaN })
    // Where nothing is compared with references, none can be missing.
    let shown = try WorkerConversation.answer(
      to: "score",
      [
        "model": .string(Self.model), "candidates": ["a dog", "a cow"], "references": [[nil], []],
        "images": [image, image], "metrics": ["clipscore"],
      ])
    #expect(shown.failures.isEmpty && shown.numbers(Double.self).allSatisfy(\.isFinite), "\(shown.error)")
  }

  @Test func whatIsWrongWithARewardedCaptionStaysWithIt() throws {
    let image = JSONValue.string(try #require(Self.images.first).path)
    var conversation = WorkerConversation()
    try conversation.ask(
      "reward_open", ["reward": "rouge + 2*lclip", "model": .string(Self.model), "standardize": true])
    try conversation.ask("reward_score", ["reward": 1, "ids": ["a"], "captions": ["a dog"]])
    try conversation.ask(
      "reward_items",
      [
        "reward": 1, "ids": ["a", "b", "c", "d", "e", nil],
        "images": [image, image, image, image, "/no/such.jpg", image],
        "references": [["a dog"], ["a cat"], [], ["a bird", nil], ["a cow"], ["a horse"]],
      ])
    try conversation.ask(
      "reward_score",
      [
        "reward": 1, "ids": ["a", "c", "a", nil, "a", "b"],
        "captions": ["a dog", "x", nil, "x", "dogs", "a"],
      ])
    try conversation.ask(
      "reward_score", ["reward": 1, "ids": ["a", "a", "b"], "captions": ["a dog", "dogs", "a"]])
    let (answers, isRead) = try conversation.answers()
    #expect(isRead && answers.count == 5 && answers.allSatisfy(\.isOK), "\(answers.map(\.error))")
    // As in embed_images, a request of which everything fails has an answer like any other.
    #expect(answers[1].failures[0]?.contains("no item \"a\"") == true)
    #expect(answers[1].shape == [3, 1] && answers[1].numbers(Double.self).allSatisfy(\.isNaN))
    #expect(answers[2].header["count"]?.integer == 2)
    #expect(
      answers[2].failures.filter { $0.key != 4 } == [
        2: "it has no references.", 3: "one of its references is missing.", 5: "the id is missing.",
      ])
    #expect(answers[2].failures[4]?.contains("/no/such.jpg") == true)
    #expect(answers[3].failures.keys.sorted() == [1, 2, 3])
    #expect(answers[3].failures[2] == "the caption is missing.")
    let (mixed, good) = (answers[3].numbers(Double.self), answers[4].numbers(Double.self))
    #expect(answers[3].shape == [3, 6] && answers[4].shape == [3, 3])
    for part in 0..<3 {
      #expect([0, 4, 5].map { mixed[part * 6 + $0] } == Array(good[part * 3..<part * 3 + 3]))
      #expect([1, 2, 3].allSatisfy { mixed[part * 6 + $0].isNaN })
    }
  }

  @Test func whereAllCaptionsFailTheirReasonsAreTold() throws {
    func score(_ candidates: JSONValue, _ image: JSONValue) throws -> WorkerConversation.Answer {
      try WorkerConversation.answer(
        to: "score",
        [
          "model": .string(Self.model), "candidates": [candidates], "images": [image], "statistics": true,
          "metrics": ["clipscore"],
        ])
    }
    let image = JSONValue.string(try #require(Self.images.first).path)
    let (bad, good) = (try score("a dog", "/no/such.jpg"), try score("a dog", image))
    #expect(bad.isOK && bad.failures[0]?.contains("/no/such.jpg") == true, "\(bad.error)")
    #expect(bad.header["count"] == 0 && bad.shape == [1, 1])
    let (missing, whole) = (try score(nil, image), try score("a dog", image))
    #expect(missing.failures == [0: "the caption is missing."])
    let parts = [bad, good, missing].map(\.statistics)
    let lengths = JSONValue.array(parts.map { .integer($0.count) })
    let merged = try WorkerConversation.answer(
      to: "merge", ["parts": lengths], bytes: parts.reduce(Data(), +))
    #expect(merged.values == whole.values && merged.header["count"] == 1, "\(merged.error)")
    #expect(merged.header["signature"]?.string?.contains("|captions:1|skipped:2|") == true)
    let nothing = try WorkerConversation.answer(
      to: "merge", ["parts": [.integer(bad.statistics.count)]], bytes: bad.statistics)
    #expect(nothing.error.contains("no caption of the parts was scored"))
  }

  @Test func givenWordsAreNotSplitAgain() throws {
    func words(_ tokenized: Bool) throws -> Double? {
      try WorkerConversation.answer(
        to: "score",
        [
          "candidates": ["it is n't a dog ."], "references": [["it isn't a dog ."]], "metrics": ["bleu"],
          "tokenized": .bool(tokenized),
        ]
      ).values["BLEU-1"]
    }
    // Split, both are "it is n't a dog"; as they stand, "is" and "n't" are not in the reference.
    let (split, given) = (try words(false), try words(true))
    #expect(try #require(split) > 0.999)
    let value = try #require(given)
    #expect(abs(value - 4.0 / 6) < 1e-6)
  }

  @Test func rewardsAreWeightedSumsOfTheMetrics() throws {
    let image = JSONValue.string(try #require(Self.images.first).path)
    var conversation = WorkerConversation()
    try conversation.ask(
      "reward_open", ["reward": "2*lclip + cider", "model": .string(Self.model), "end_word": false])
    try conversation.ask(
      "reward_items",
      [
        "reward": 1, "ids": ["a", "b", "c"], "images": [image, image, "/no/such.jpg"],
        "references": [Self.references[0], Self.references[1], Self.references[2]],
      ])
    try conversation.ask(
      "reward_score", ["reward": 1, "ids": ["b", "a"], "captions": ["two men sit", "a dog"]])
    try conversation.ask("reward_score", ["reward": 1, "ids": ["c"], "captions": ["x"]])
    try conversation.ask(
      "rank", ["model": .string(Self.model), "images": [image], "texts": ["two men sit", "a dog"]])
    try conversation.ask("reward_close", ["reward": 1])
    try conversation.ask("reward_score", ["reward": 1, "ids": [], "captions": []])
    let (answers, _) = try conversation.answers()
    #expect(answers[1].header["count"]?.integer == 2 && answers[1].failures.keys.sorted() == [2])
    let rewards = answers[2].numbers(Double.self)
    #expect(Array(rewards[2..<4]) == Array(answers[4].numbers(Double.self)[..<2]))
    let frequency = try DocumentFrequency(
      references: [["a dog runs over the grass", "the brown dog is running"], ["two people sit on a bench"]])
    let cider = CIDEr(documentFrequency: frequency)
    let expected = cider.score("two men sit", against: try cider.prepare(["two people sit on a bench"]))
    #expect(abs(rewards[4] - expected) < 1e-12)
    #expect(abs(rewards[0] - (2 * rewards[2] + rewards[4])) < 1e-12)
    #expect(answers[3].failures[0]?.contains("no item \"c\"") == true)
    #expect(answers[5].isOK && answers[6].error.contains("no reward 1"))
  }

  @Test func anAnswerRepeatsTheIDOfItsRequest() throws {
    for id in [.integer(7), "seven", .number(1.5), .number(-1e300), JSONValue.null] {
      let answer = try WorkerConversation.answer(to: "version", ["id": id])
      let repeated = answer.header["id"]
      #expect(answer.isOK && repeated == (id.isNull ? JSONValue?.none : id), "\(id): \(repeated as Any)")
    }
  }

  @Test(arguments: [
    ("{\"do\": \"score\", \"candidates\": [], \"refs\": []}\n", "has no key", false),
    ("{\"do\": \"fly\"}\n", "no request \"fly\"", false), ("{\"id\": 1}\n", "needs \"do\"", false),
    ("{\"do\": \"embed_images\", \"images\": [7]}\n", "paths and lengths", false),
    ("{\"do\": \"embed_images\", \"images\": [2], \"bytes\": 3}\nabc", "add up to 2", false),
    ("{\"do\": \"score\", \"candidates\": [\"a\"]}\n", "nothing to score", false),
    (
      "{\"do\": \"score\", \"candidates\": [\"a\"], \"metrics\": [\"cider\"]}\n",
      "CIDEr needs \"references\"", false
    ),
    (
      "{\"do\": \"score\", \"candidates\": [\"a\"], \"references\": []}\n", "1 candidates and 0 references",
      false
    ),
    ("{\"do\": \"reward_open\", \"reward\": \"2*fun\"}\n", "one of", false),
    ("{\"do\": \"reward_open\", \"reward\": \"grammar\"}\n", "needs \"grammar\"", false),
    (
      "{\"do\": \"score\", \"candidates\": [\"a\"], \"references\": [[\"a\"]], \"metrics\": []}\n",
      "\"metrics\" is empty", false
    ),
    ("{\"do\": \"merge\", \"parts\": []}\n", "\"parts\" is empty", false),
    ("{\"do\": \"version\", \"id\": [1]}\n", "\"id\" must be a string or a number", false),
    ("nonsense\n", "not JSON", true),
    ("{\"do\": \"version\", \"bytes\": 1, \"bytes\": 0}\nx", "appears twice", true),
    ("{\"do\": \"words\", \"texts\": \(String(repeating: "[", count: 1_000))\n", "deep", true),
    ("[1]\n", "JSON object", true),
    ("{\"do\": \"version\"", "within a header", true),
    ("{\"do\": \"version\", \"bytes\": -1}\n", "whole number", true),
    ("{\"do\": \"version\", \"bytes\": 99999999999999}\n", "whole number", true),
    ("{\"do\": \"version\", \"bytes\": 9}\nabc", "within a payload", true),
  ])
  func wrongRequestsAreToldInOneSentence(_ request: String, _ part: String, _ isFatal: Bool) throws {
    let after = isFatal ? "" : "{\"do\": \"version\", \"id\": \"next\"}\n"
    let (answers, isRead) = try WorkerConversation.answers(to: Data((request + after).utf8))
    let answer = try #require(answers.first)
    #expect(!answer.isOK && answer.error.contains(part), "\(answer.error)")
    #expect(isRead == !isFatal && (answer.header["fatal"]?.bool == true) == isFatal)
    // The worker goes on after what it could read.
    #expect(isFatal || answers.last?.header["id"] == "next")
  }
}
