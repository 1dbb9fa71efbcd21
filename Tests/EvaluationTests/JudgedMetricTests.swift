import CaptionMetrics
import Evaluation
import Foundation
import TestSupport
import Testing

/// The length of candidates: a metric that Plumb does not have.
private struct Length: WordMetric {
  static let registration = MetricRegistration(name: "length", title: "Length", needs: .references) { _ in
    Length()
  }

  let scales = [MetricScale(name: "Length", range: 0...1000, legend: "words")]

  func statistics(of words: TokenizedCorpus) -> ItemValues {
    ItemValues((0..<words.count).map { Double(words.words(ofCandidate: $0).count) })
  }

  func results(of statistics: ItemValues) -> [MetricResult] {
    [
      MetricResult(
        scales[0], corpus: statistics.values.reduce(0, +) / Double(max(1, statistics.count)),
        perItem: statistics.values)
    ]
  }

  func sources(of statistics: ItemValues) -> [MetricSource] {
    [MetricSource(key: "length", value: "words", signatureKey: "length", signature: "words")]
  }
}

@Suite struct JudgedMetricTests {
  @Test func aMetricOfOnesOwnIsJudgedLikeTheOthers() throws {
    let set = JudgementSet(
      name: "own",
      items: ["a", "a b", "a b c"].enumerated().map { index, text in
        .init(id: "\(index)", image: "\(index)", candidate: text, references: ["x"])
      }, judgements: .ratings((0..<3).map { .init(item: $0, value: Double($0)) }, coefficient: .kendallB))
    var evaluation = JudgementEvaluation(metrics: [Length()])
    evaluation.bootstrap = Bootstrap(seed: 0, resamples: 0)
    let report = try evaluation.report(on: set, provenance: Provenance(version: "1"))
    #expect(report.metrics.map(\.name) == ["Length"])
    #expect(report.leadingValue(of: report.metrics[0]) == 1)
    #expect(report.provenance.signature == "Length|plumb:1|captions:3|words:ptb|length:words")
  }

  @Test(
    .enabled(
      if: METEORTable.areInstalled,
      Comment(rawValue: "METEOR's tables are not installed: run plumb meteor install")),
    .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func meteorAgreesWithPeopleAsPublished() throws {
    let set = try JudgementSet(
      .flickr8kExpert, in: #require(TestData.shared).appendingPathComponent("flickr8k"))
    let table = try METEORTable(contentsOf: METEORTable.installedFile)
    var evaluation = JudgementEvaluation(metrics: [METEOR(table: table)])
    evaluation.bootstrap = Bootstrap(seed: 1, resamples: 0)
    let report = try evaluation.report(on: set, provenance: Provenance(version: "test"))
    let value = try #require(report.metrics.first.flatMap { report.leadingValue(of: $0) })
    #expect(String(format: "%.2f", value * 100) == "41.82")
  }
}
