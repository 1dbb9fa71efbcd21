import CLIP
import CaptionMetrics
import MetricsSupport
import Foundation
import Synchronization
import Testing

@Suite struct CLIPScoreTests {
  private func item(
    _ id: String, _ image: String, _ candidate: String, _ references: [String] = []
  ) -> CLIPScorer.Item {
    .init(
      id: id, image: URL(fileURLWithPath: "/images/\(image)"), candidate: candidate, references: references)
  }

  private let stub = StubEmbedder(
    images: ["east": [3, 0], "north": [0, 0.5], "nan": [.nan, 1], "zero": [0, 0]],
    texts: [
      "A photo depicts east": [2, 0], "A photo depicts northeast": [1, 1], "A photo depicts west": [-1, 0],
      "A photo depicts north": [0, 7], "east": [2, 0], "west": [-1, 0], "northeast": [1, 1],
      "A photo depicts infinite": [.infinity, 0],
    ])

  private func isClose(_ scores: [CLIPPairScore?], _ expected: [Double]) -> Bool {
    scores.count == expected.count
      && zip(scores, expected).allSatisfy { abs(($0?.score ?? .nan) - $1) < 1e-12 }
  }

  @Test func eachDefinitionHasItsScalePrefixAndClamp() throws {
    let items = [item("a", "east", "northeast"), item("b", "east", "west")]
    let half = 0.5.squareRoot()
    let hessel = try CLIPScorer(embedder: stub).score(items)
    #expect(isClose(hessel.scores, [2.5 * half, 0]))
    #expect(abs(hessel.corpus - 1.25 * half) < 1e-12)
    let pac = try CLIPScorer(embedder: stub, definition: .pac).score(items)
    #expect(isClose(pac.scores, [2 * half, 0]))
    let torchmetrics = try CLIPScorer(embedder: stub, definition: .torchmetrics).score(items)
    #expect(isClose(torchmetrics.scores, [100 * half, -100]))
    #expect(torchmetrics.corpus == 0)
    #expect(stub.embedded.suffix(3) == ["northeast", "west", "east"])
  }

  @Test func referenceScoreIsTheHarmonicMeanOfTheScaledScoreAndTheBestReference() throws {
    let items = [
      item("a", "east", "east", ["north", "northeast", "west"]), item("b", "east", "east", ["east"]),
    ]
    let result = try CLIPScorer(embedder: stub).score(items, withReferences: true)
    let half = 0.5.squareRoot()
    #expect(abs((result.scores[0]?.referenceScore ?? 0) - 2 * 2.5 * half / (2.5 + half)) < 1e-12)
    #expect(abs((result.scores[1]?.referenceScore ?? 0) - 2 * 2.5 / 3.5) < 1e-12)
    let mean = result.scores.compactMap { $0?.referenceScore }.reduce(0, +) / 2
    #expect(result.referenceCorpus == mean)
  }

  @Test func aZeroInEitherPartGivesZeroAndNeverNaN() throws {
    let items = [
      item("a", "north", "east", ["east"]), item("b", "east", "east", ["north"]),
      item("c", "north", "east", ["north"]), item("d", "zero", "east", ["east"]),
      item("e", "east", "west", ["east"]),
    ]
    for definition in [CLIPScoreDefinition.hessel, .pac] {
      let result = try CLIPScorer(embedder: stub, definition: definition).score(items, withReferences: true)
      #expect(result.scores.map { $0?.referenceScore } == [0, 0, 0, 0, 0])
    }
    #expect(CLIPScoreDefinition.torchmetrics.referenceScore(cosine: -1, bestReferenceCosine: 1) == 0)
    #expect(CLIPScoreDefinition.hessel.corpusScore([]) == 0)
  }

  @Test func identicalImagesAndCaptionsAreEmbeddedOnce() throws {
    let items = [item("a", "east", "east", ["east", "north"]), item("b", "east", "north", ["east"])]
    let stub = StubEmbedder(images: stub.images, texts: stub.texts)
    _ = try CLIPScorer(embedder: stub).score(items, withReferences: true)
    #expect(stub.embedded == ["A photo depicts east", "A photo depicts north", "east"])
  }

  @Test(arguments: [1, 2, 3]) func fewImagesAtATimeGiveTheSameInTheSameOrder(_ images: Int) throws {
    let items = [
      item("a", "east", "northeast", ["north", "east"]), item("b", "north", "east", ["west"]),
      item("missing", "missing", "east", ["east"]), item("c", "east", "east", ["north"]),
      item("nan", "nan", "east", ["east"]), item("d", "north", "northeast", ["northeast"]),
    ]
    let whole = try CLIPScorer(embedder: stub).score(items, withReferences: true, keepGoing: true)
    let stub = StubEmbedder(images: stub.images, texts: stub.texts)
    let progress = Mutex<[CLIPScorer.Stage: [Int]]>([:])
    let parts = try CLIPScorer(embedder: stub, imagesAtOnce: images).score(
      items, withReferences: true, keepGoing: true
    ) { stage, done, total in progress.withLock { $0[stage, default: []] += [done, total] } }
    #expect(parts.scores == whole.scores)
    #expect(parts.skipped == whole.skipped && parts.skipped.map(\.id) == ["missing", "nan"])
    #expect(stub.embedded.count { ["east", "north"].contains($0) } == 2, "an image is embedded once")
    #expect(progress.withLock { $0[.images] } == [1, 4, 2, 4, 3, 4, 4, 4])
    let texts = progress.withLock { $0[.texts] } ?? []
    #expect(texts.last == texts.dropLast().last)
  }

  @Test func composedAndDecomposedAccentsAreEmbeddedApart() throws {
    let stub = StubEmbedder(images: ["p": [1, 0]], texts: [:])
    let items = [item("a", "p", "\u{E9}"), item("b", "p", "e\u{301}")]
    #expect(throws: StubEmbedder.Unknown.self) { try CLIPScorer(embedder: stub).score(items) }
    #expect(stub.embedded.count == 2)
  }

  @Test func cutTextsAreCountedForEveryCaptionThatHasThem() throws {
    let stub = StubEmbedder(
      images: stub.images, texts: stub.texts, truncated: ["A photo depicts east", "A photo depicts north"])
    let items = [item("a", "east", "east", ["north", "east"]), item("b", "north", "east", ["west"])]
    let result = try CLIPScorer(embedder: stub).score(items, withReferences: true)
    #expect(result.truncatedCandidates == 2)
    #expect(result.truncatedReferences == 2)
  }

  @Test func itemsThatFailEndTheWorkOrAreSkipped() throws {
    let items = [
      item("good", "east", "east"), item("image", "missing", "east"), item("text", "east", "unheard of"),
      item("nan", "nan", "east"), item("infinite", "east", "infinite"),
    ]
    #expect(throws: StubEmbedder.Unknown.self) { try CLIPScorer(embedder: stub).score(items) }
    let result = try CLIPScorer(embedder: stub).score(items, keepGoing: true)
    #expect(result.scores.map { $0 != nil } == [true, false, false, false, false])
    #expect(result.skipped.map(\.id) == ["image", "text", "nan", "infinite"])
    #expect(
      result.skipped[2].reason.contains("the embedding of its image holds a value that is not a number"))
    #expect(result.skipped[3].reason.contains("the embedding of its caption"))
    #expect(result.corpus == 2.5)
    #expect(throws: CLIPScoreError.nothingToScore) {
      try CLIPScorer(embedder: stub).score([item("image", "missing", "east")], keepGoing: true)
    }
  }

  @Test func anItemWithoutReferencesIsNamed() throws {
    let items = [item("a", "east", "east", ["east"]), item("b", "east", "east")]
    #expect(throws: CLIPScoreError.noReferences(id: "b")) {
      try CLIPScorer(embedder: stub).score(items, withReferences: true)
    }
    let result = try CLIPScorer(embedder: stub).score(items, withReferences: true, keepGoing: true)
    #expect(result.skipped.map(\.id) == ["b"])
  }
}
