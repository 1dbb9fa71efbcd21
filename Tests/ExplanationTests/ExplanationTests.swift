import CLIP
import CaptionData
import Explanation
import Foundation
import TestSupport
import Testing

@Suite struct ExplanationTests {
  private static let image = URL(fileURLWithPath: "/images/cat.jpg")

  private struct Unreadable: Error {}

  /// An embedder in which a text's cosine with the image is what a table says of it, and 0.5 where it says nothing.
  private struct TableEmbedder: ImageTextEmbedder {
    var cosines: [String: Double] = [:]
    var longest = Int.max
    let dimension = 2
    let provenance = ModelProvenance(name: "table")

    func embedImages(at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems {
      var items = EmbeddedItems(
        embeddings: try Embeddings(values: urls.flatMap { _ in [1, 0] as [Float] }, dimension: 2))
      for (index, url) in urls.enumerated() where url.lastPathComponent == "bad.jpg" {
        items.failures[index] = Unreadable()
      }
      return items
    }

    func embedTexts(_ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems
    {
      let values = texts.flatMap { text -> [Float] in
        let cosine = cosines[String(text.dropFirst("A photo depicts ".count))] ?? 0.5
        return [Float(cosine), Float((1 - cosine * cosine).squareRoot())]
      }
      return EmbeddedItems(
        embeddings: try Embeddings(values: values, dimension: 2),
        truncated: Set(texts.indices.filter { texts[$0].count > longest }))
    }
  }

  private func explain(_ caption: String, by embedder: TableEmbedder = TableEmbedder()) throws
    -> ExplainedCaption
  {
    let result = try CaptionExplainer(embedder: embedder).explain([
      .init(id: "1", image: Self.image, caption: caption)
    ])
    return try #require(result.captions[0])
  }

  @Test func aWordIsComparedWithTheBestOfItsKind() throws {
    let embedder = TableEmbedder(cosines: [
      "a dog sleeps": 0.6, "a cat sleeps": 0.8, "a horse sleeps": 0.7, "cat": 0.9, "horse": 0.8,
      "a sleeps": 0.4,
    ])
    let explained = try explain("a dog sleeps", by: embedder)
    #expect(explained.words.map(\.word) == ["a", "dog", "sleeps"])
    #expect(explained.words[0].support == nil)
    let dog = explained.words[1]
    #expect(dog.alternative?.word == "cat")
    #expect(abs((dog.support ?? 0) - 2.5 * (0.6 - 0.8)) < 1e-6)
    #expect(abs((dog.removal ?? 0) - 2.5 * (0.6 - 0.4)) < 1e-6)
    #expect(abs((dog.alternative?.score ?? 0) - 2) < 1e-6)
    #expect(dog.level(threshold: -0.1) == .unsupported && dog.level(threshold: -0.9) == .doubtful)
  }

  @Test func aWordOfNoKindIsJudgedByItsRemoval() throws {
    let explained = try explain(
      "a frobnicator", by: TableEmbedder(cosines: ["a frobnicator": 0.7, "a": 0.5]))
    let word = explained.words[1]
    #expect(word.alternative == nil && abs((word.support ?? 0) - 0.5) < 1e-6)
  }

  @Test(
    arguments: [
      ("", []), ("  ", []), ("dog", ["dog"]), ("🐶 🐱!", []),
      ("A dog, a dog; a DOG.", ["A", "dog", "a", "dog", "a", "DOG"]),
      ("the dog's ball isn't well-worn", ["the", "dog", "ball", "isn't", "well-worn"]), ("'-'dog-", ["dog"]),
      ("犬が走る 3 dogs", ["犬が走る", "3", "dogs"]), ("cafe\u{301}\n\tdog", ["cafe\u{301}", "dog"]),
    ] as [(String, [String])])
  func wordsAreFoundInAnyCaption(_ caption: String, _ words: [String]) throws {
    let explained = try explain(caption)
    #expect(explained.words.map(\.word) == words)
    for word in explained.words { #expect(String(caption[word.range]) == word.word) }
    #expect(explained.pieces.map(\.text).joined() == caption)
  }

  @Test func wordsBeyondTheContextAreNotJudged() throws {
    var embedder = TableEmbedder()
    embedder.longest = "A photo depicts a dog and".count
    let explained = try explain("a dog and a cat", by: embedder)
    #expect(explained.isTruncated)
    #expect(explained.words.map { $0.support != nil } == [false, true, false, false, false])
  }

  @Test func whatCannotBeEmbeddedIsSkippedOrAnError() throws {
    let items = ["bad.jpg", "cat.jpg"].map {
      CaptionExplainer.Item(id: $0, image: URL(fileURLWithPath: "/" + $0), caption: "a dog")
    }
    let explainer = CaptionExplainer(embedder: TableEmbedder())
    #expect(throws: ExplanationError.self) { try explainer.explain(items) }
    let result = try explainer.explain(items, keepGoing: true)
    #expect(result.captions.map { $0 != nil } == [false, true])
    #expect(result.skipped.map(\.id) == ["bad.jpg"])
    #expect(throws: ExplanationError.nothingToExplain) {
      try explainer.explain([items[0]], keepGoing: true)
    }
  }

  @Test func captionsDoNotDependOnTheirBlock() throws {
    let embedder = TableEmbedder(cosines: ["a dog": 0.7, "a cat": 0.8, "a horse": 0.6])
    let items = ["a dog", "a cat", "a dog", "two men"].enumerated().map {
      CaptionExplainer.Item(id: "\($0)", image: Self.image, caption: $1)
    }
    var explainer = CaptionExplainer(embedder: embedder)
    let together = try explainer.explain(items).captions.compactMap { $0?.words }
    explainer.captionsAtOnce = 1
    let apart = try explainer.explain(items).captions.compactMap { $0?.words }
    #expect(together.count == 4 && together == apart && together[0] == together[2])
  }
}

@Suite struct WordKindsTests {
  @Test func alternativesHaveTheSameFormAndAnotherMeaning() {
    let kinds = WordKinds.builtIn
    let plural = kinds.alternatives(to: "children", beside: [])
    #expect(plural.contains("men") && plural.contains("women"))
    #expect(!plural.contains("boys") && !plural.contains("kids") && !plural.contains("man"))
    let running = kinds.alternatives(to: "running", beside: ["ball"])
    #expect(running.contains("swimming") && running.contains("riding") && !running.contains("jogging"))
    #expect(!kinds.alternatives(to: "dog", beside: ["cats"]).contains("kitten"))
    #expect(kinds.alternatives(to: "frobnicator", beside: []).isEmpty)
    #expect(kinds.names(of: "dog") == ["animals"])
  }

  @Test func aUsersKindsComeBeforeTheBuiltInOnes() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("words.txt")
      try Data("# dogs\nPoodle, beagle husky\n\nverb gaits: trot, gallop\n".utf8).write(to: file)
      var kinds = WordKinds.builtIn
      kinds.override(with: try WordKinds(contentsOf: file))
      #expect(kinds.alternatives(to: "poodles", beside: []) == ["beagles", "huskies"])
      #expect(kinds.alternatives(to: "trotting", beside: []) == ["galloping"])
      #expect(kinds.alternatives(to: "cat", beside: []).contains("dog"))
      for (text, part) in [("poodle\n", "line 1"), ("# nothing\n", "no line of words")] {
        try Data(text.utf8).write(to: file)
        let error = #expect(throws: ExplanationError.self) { try WordKinds(contentsOf: file) }
        #expect(error?.description.contains(part) == true)
      }
    }
  }
}
