import CLIP
import CaptionData
import CaptionMetrics
import Foundation
import MetricsSupport
import Testing

/// The text side of RefCLIPScore alone.
@Suite struct RefOnlyCLIPScoreTests {
  private let half = 0.5.squareRoot()
  /// An embedder that knows captions behind the prefix alone, and no image.
  private let embedder = StubEmbedder(
    images: [:],
    texts: [
      "A photo depicts east": [2, 0], "A photo depicts northeast": [1, 1], "A photo depicts north": [0, 1],
      "A photo depicts west": [-1, 0],
    ])

  private func score(_ items: [CaptionDataset.Item], keepGoing: Bool = false) throws -> ScoreReport {
    var evaluation = CaptionEvaluation(metrics: [RefOnlyCLIPScore(for: embedder)])
    evaluation.keepGoing = keepGoing
    return try evaluation.report(
      on: CaptionDataset(name: "a", items: items), embedder: embedder, provenance: Provenance(version: "1"))
  }

  @Test func theBestCosineWithAReferenceNeedsNoImage() throws {
    let report = try score([
      .init(id: "1", candidate: "east", references: ["north", "northeast"]),
      .init(id: "2", candidate: "west", references: ["east"]),
    ])
    let found = try #require(report.scores.first)
    #expect(found.name == "RefOnlyCLIPScore")
    #expect(abs(try #require(found.perCaption[0]) - half) < 1e-7)
    #expect(found.perCaption[1] == -1)
    #expect(abs(found.corpus - (half - 1) / 2) < 1e-7)
  }

  @Test func itIsAskedForByName() throws {
    let inputs = MetricSelection.Inputs(references: true, images: true, model: true)
    #expect(try !MetricSelection("all").resolve(inputs).metrics.contains { $0.name == "refonlyclipscore" })
    let chosen = try MetricSelection("RefOnlyCLIPScore").resolve(
      .init(references: true, images: false, model: true))
    #expect(chosen.metrics.map(\.name) == ["refonlyclipscore"])
    #expect(throws: ScoringError.self) {
      try MetricSelection("refonlyclipscore").resolve(.init(references: false, images: true, model: true))
    }
  }

  @Test func aCaptionThatCannotBeEmbeddedIsNamed() throws {
    let items: [CaptionDataset.Item] = [
      .init(id: "1", candidate: "east", references: ["north"]),
      .init(id: "2", candidate: "nowhere", references: ["east"]),
      .init(id: "3", candidate: "east", references: []),
    ]
    #expect(throws: (any Error).self) { try score(items) }
    let report = try score(items, keepGoing: true)
    #expect(report.provenance.skipped.map(\.id) == ["2", "3"])
  }
}
