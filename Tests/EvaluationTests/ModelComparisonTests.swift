import CLIP
import CaptionMetrics
import Evaluation
import MetricsSupport
import Foundation
import TestSupport
import Testing

extension StubEmbedder: ImageRegionEmbedder {
  package func embedRegions(
    _ regions: [ImageRegion], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    try embedImages(at: regions.map(\.url), keepGoing: keepGoing, progress: progress)
  }
}

@Suite struct ModelComparisonTests {
  private let images: [String: [Float]] = ["a.jpg": [1, 0], "b.jpg": [0, 1], "c.jpg": [-1, 0.1]]
  private let texts: [String: [Float]] = [
    "a": [1, 0.1], "b": [0.1, 1], "c": [-1, 0.2], "a too": [0.9, 0.3], "b too": [0.3, 0.9],
  ]

  private func inFolder<R>(_ body: (URL) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { folder in
      for name in images.keys { try Data().write(to: folder.appendingPathComponent(name)) }
      return try body(folder)
    }
  }

  private func queries(_ folder: URL) throws -> ParaphrasedQueries {
    var set = ParaphrasedQueries(
      name: "x",
      pairs: [
        .init(image: "a.jpg", query: "a", paraphrase: "a too"),
        .init(image: "b.jpg", query: "b", paraphrase: "b too"),
        .init(image: "c.jpg", query: "c", paraphrase: "c"),
      ])
    try set.findImages(in: folder)
    return set
  }

  @Test func whatOneModelCannotEmbedIsSkippedForBoth() throws {
    try inFolder { folder in
      let model = StubEmbedder(images: images, texts: texts)
      var poor = texts
      poor["b too"] = nil
      let before = StubEmbedder(images: images, texts: poor)
      var comparison = ModelComparison(of: model, before: before)
      comparison.depth = 2
      #expect(throws: StubEmbedder.Unknown.self) { try comparison.compareRankings(of: queries(folder)) }
      comparison.keepGoing = true
      try comparison.compareRankings(of: queries(folder))
      #expect(comparison.rows.allSatisfy { $0.count == 2 && $0.before != nil })
      #expect(comparison.skipped.map(\.id) == ["b.jpg"])
      #expect(comparison.rows.first { $0.name == "query R@1" }?.model.value == 100)
      // An image that fails takes its pairs with it, and nothing else.
      var blind = images
      blind["c.jpg"] = nil
      comparison = ModelComparison(of: model, before: StubEmbedder(images: blind, texts: texts))
      comparison.depth = 2
      comparison.keepGoing = true
      try comparison.compareRankings(of: queries(folder))
      #expect(comparison.rows.first?.count == 2 && comparison.imageCount == 2)
      #expect(comparison.skipped.map(\.id) == ["c.jpg"])
    }
  }

  @Test func sharedImagesAreEmbeddedOnce() throws {
    try inFolder { folder in
      let (model, before) = (
        StubEmbedder(images: images, texts: texts), StubEmbedder(images: [:], texts: texts)
      )
      var comparison = ModelComparison(of: model, before: before, sharesImages: true)
      comparison.depth = 3
      try comparison.compareRankings(of: queries(folder))
      #expect(comparison.rows.allSatisfy { $0.change?.value == 0 && $0.change?.interval == 0...0 })
      #expect(before.embedded == ["a", "b", "c", "a too", "b too", "c"])
      let set = CompositionSet(
        kind: .sugarCrepe,
        cases: [.init(id: "1", image: "a.jpg", caption: "a", negative: "b", group: "swap_obj")])
      try comparison.compareComposition(on: set, images: folder)
      #expect(comparison.rows.last?.name == "SugarCrepe" && comparison.rows.last?.model.value == 100)
      #expect(!before.embedded.contains("a.jpg"))
    }
  }

  @Test func setsHaveTheValuesOfTheirOwnEvaluations() throws {
    try inFolder { folder in
      var worse = texts
      worse["a too"] = [0.2, -1]
      let (model, before) = (
        StubEmbedder(images: images, texts: texts), StubEmbedder(images: images, texts: worse)
      )
      let names = ["a", "b", "c", "a too", "b too"]
      let pairs = names.flatMap { first in
        names.map { TextSimilaritySet.Pair(first: first, second: $0, gold: Double((first + $0).utf8.count)) }
      }
      let similarity = try TextSimilarity(sets: [
        .init(name: "one", pairs: pairs), .init(name: "two", pairs: Array(pairs.prefix(9))),
      ])
      var comparison = ModelComparison(of: model, before: before)
      comparison.bootstrap.resamples = 100
      try comparison.compareSimilarities(on: similarity)
      let expected = try [model, before].map { try similarity.result(embedder: $0) }
      #expect(comparison.rows.map(\.name) == ["one", "two", "STS, mean"])
      for (index, row) in comparison.rows.prefix(2).enumerated() {
        #expect(abs(row.model.value - expected[0].sets[index].spearman) < 1e-9)
        #expect(abs((row.before?.value ?? 0) - expected[1].sets[index].spearman) < 1e-9)
        #expect(row.model.interval.map { $0.contains(row.model.value) } == true)
      }
      let mean = try #require(comparison.rows.last)
      #expect(abs(mean.model.value - expected[0].mean) < 1e-9 && mean.count == 2)

      let cases = [
        ("a.jpg", "a", "b", "on"), ("b.jpg", "a", "b", "on"), ("c.jpg", "c", "a too", "near"),
        ("a.jpg", "a too", "b", "riding"),
      ]
      let set = CompositionSet(
        kind: .relation,
        cases: cases.enumerated().map {
          .init(
            id: "\($0)", image: $1.0, caption: $1.1, negative: $1.2, group: $1.3)
        })
      try comparison.compareComposition(on: set, images: folder)
      let row = try #require(comparison.rows.last)
      // "near" is symmetric and does not count.
      #expect(row.name == "VG-Relation" && row.count == 3)
      for (estimate, embedder) in [(row.model, model), (try #require(row.before), before)] {
        let mean = try #require(
          try Composition().result(set, images: folder, embedder: embedder).mean)
        #expect(abs(estimate.value - mean * 100) < 1e-12)
      }
      #expect(row.model.value == 75)
    }
  }

  @Test func aReportIsReadByPeopleProgramsAndMarkdown() throws {
    try inFolder { folder in
      var comparison = ModelComparison(
        of: StubEmbedder(images: images, texts: texts, truncated: ["a"]),
        before: StubEmbedder(images: images, texts: texts.mapValues { [$0[1], $0[0]] }))
      comparison.depth = 2
      try comparison.compareRankings(of: queries(folder))
      var provenance = Provenance(version: "1")
      provenance.model = ModelProvenance(name: "a|b_c")
      provenance.before = ModelProvenance(name: "old")
      let report = comparison.report(provenance: provenance)
      let table = report.table()
      #expect(table.split(separator: "\n").allSatisfy { $0.count <= 90 }, "\(table)")
      #expect(table.contains("before") && table.contains("3 query pairs among 3 images"))
      #expect(table.contains("relative"))
      let markdown = report.markdown()
      #expect(markdown.contains("|  | before | after | change |\n| --- | ---: | ---: | ---: |\n| AO@2 |"))
      #expect(markdown.contains("- model: a\\|b\\_c\n- before: old\n"))
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
      let measures = try #require(json["measures"] as? [[String: Any]])
      #expect(measures.count == 8)
      #expect(Set(measures[0].keys) == ["name", "items", "item", "model", "before", "change"])
      #expect((measures[0]["change"] as? [String: Any])?.keys.contains("relative") == true)
      #expect((json["interval"] as? [String: Any])?["over"] as? [String] == ["images"])
      let svg = comparison.svg(subtitle: "<here>")
      #expect(svg.contains("&lt;here&gt;") && svg.contains("paraphrase R@10: "))
      #expect(!svg.contains("nan"))
      #expect(svg.components(separatedBy: "<circle").count == 1 + 2 + 3 * 8)
    }
  }
}
