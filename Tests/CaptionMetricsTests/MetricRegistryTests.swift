import CaptionData
import CaptionMetrics
import Foundation
import JSON
import MetricsSupport
import TestSupport
import Testing

/// How much longer candidates are than the shortest of their references: a metric that Plumb does not have.
private struct LengthRatio: WordMetric {
  static let registration = MetricRegistration(
    name: "lengthratio", title: "LengthRatio", spellings: ["length"], needs: .references
  ) { _ in LengthRatio() }

  let scales = [
    MetricScale(
      name: "LengthRatio", range: 0...100, direction: .lowerIsBetter,
      legend: "words for each of the shortest reference")
  ]

  func statistics(of words: TokenizedCorpus) -> ItemValues {
    ItemValues(
      (0..<words.count).map { item in
        let shortest = words.words(ofReferencesOf: item).map(\.count).min() ?? 0
        return Double(words.words(ofCandidate: item).count) / Double(max(1, shortest))
      })
  }

  func results(of statistics: ItemValues) -> [MetricResult] {
    let values = statistics.values
    return [
      MetricResult(scales[0], corpus: values.reduce(0, +) / Double(max(1, values.count)), perItem: values)
    ]
  }

  func sources(of statistics: ItemValues) -> [MetricSource] {
    [
      MetricSource(
        key: "length_ratio", value: .string("shortest"), signatureKey: "length", signature: "shortest",
        note: .init(label: "length", text: "of the shortest reference"))
    ]
  }

  func warnings(of statistics: ItemValues) -> [String] { ["lengths say little"] }
}

@Suite struct MetricRegistryTests {
  @Test func aMetricOfOnesOwnIsInAllThatPeopleSee() throws {
    var registry = MetricRegistry.standard
    registry.add(LengthRatio.registration)
    let selection = try MetricSelection("length-ratio, ROUGE-L", of: registry)
    #expect(selection.names == ["rouge", "lengthratio"])
    let (chosen, note) = try selection.resolve(.init(references: true, images: false, model: false))
    #expect(note == nil)
    let evaluation = CaptionEvaluation(metrics: try chosen.map { try $0.open(MetricSetup()) })
    let dataset = CaptionDataset(
      name: "own",
      items: [
        .init(id: "a", candidate: "a dog runs fast", references: ["a dog", "a dog runs"]),
        .init(id: "b", candidate: "a cat", references: ["a cat"]),
      ])
    let report = try evaluation.report(on: dataset, provenance: Provenance(version: "1"))
    #expect(report.scores.map(\.name) == ["ROUGE-L", "LengthRatio"])
    #expect(report.scores[1].corpus == 1.5)
    #expect(report.table().contains("  LengthRatio     1.5000   words for each of the shortest reference\n"))
    #expect(report.table().contains("  length       of the shortest reference\n"))
    #expect(report.table().contains("  note         lengths say little\n"))
    #expect(report.provenance.signature == "ROUGE-L+LengthRatio|plumb:1|captions:2|words:ptb|length:shortest")
    #expect(try report.json().contains("\"LengthRatio\": 1.5"))
    #expect(try report.json().contains("\"length_ratio\": \"shortest\""))
    #expect(try report.line(for: 0).contains("\"LengthRatio\": 2.0"))
    let error = #expect(throws: ScoringError.self) { try MetricSelection("lengthratios", of: registry) }
    #expect(
      error?.description
        == "there is no metric \"lengthratios\" (the nearest is \"lengthratio\"); choose from bleu, meteor, rouge, "
        + "cider, clipscore, refclipscore, refonlyclipscore, lengthratio, or all.")
    #expect(throws: ScoringError.missingInput(metric: "LengthRatio", options: ["--references FILE"])) {
      try MetricSelection("length", of: registry).resolve(.init(references: false, images: true, model: true))
    }
  }

  @Test func itRewardsLikeTheOthers() throws {
    let references = try LengthRatio().prepare(["two words", "three words here"])
    #expect(LengthRatio().scores("one two three four", against: references) == [2])
  }

  @Test func aNameIsTakenOnce() {
    var registry = MetricRegistry.standard
    let count = registry.metrics.count
    registry.add(BLEU.registration)
    #expect(registry.metrics.count == count)
    for metric in registry.metrics {
      #expect(registry[metric.name]?.name == metric.name && registry[metric.title]?.name == metric.name)
      for spelling in metric.spellings { #expect(registry[spelling]?.name == metric.name) }
    }
  }

  @Test func metricsOfOneReportHaveOnePrefix() {
    let items = [CaptionDataset.Item(id: "a", candidate: "a", image: URL(fileURLWithPath: "/a.jpg"))]
    let evaluation = CaptionEvaluation(metrics: [
      CLIPScore(CLIPScoreFormula(.hessel)), CLIPScore(CLIPScoreFormula(.torchmetrics)),
    ])
    #expect(throws: ScoringError.severalPrefixes(["A photo depicts ", ""])) {
      try evaluation.report(
        on: CaptionDataset(name: "a", items: items), embedder: StubEmbedder(images: [:], texts: [:]),
        provenance: Provenance(version: "1"))
    }
  }
}
