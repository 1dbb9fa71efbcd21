import CLIP
import CaptionMetrics
import Evaluation
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ParaphraseTests {
  private struct Golden: Decodable {
    struct Overlap: Decodable {
      var AO: [Double]
      var JS: [Double]
    }
    struct Model: Decodable {
      var rankings: [[Int]]
      var overlaps: [String: Overlap]
      var recalls: [String: Double]
      var spearman: Double
    }
    struct Intervals: Decodable {
      var seed: UInt64
      var resamples: Int
      var AO: [String: [Double]]
      enum CodingKeys: String, CodingKey {
        case seed
        case resamples
        case AO = "AO@10"
      }
    }
    var image_of_pair: [Int]
    var models: [String: Model]
    var intervals: Intervals
  }

  private let folder = TestData.fixtures().appendingPathComponent("evaluation")

  private func golden() throws -> Golden {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: folder.appendingPathComponent("paraphrase_golden.json")))
  }

  private func matrix(_ name: String) throws -> Embeddings {
    try Embeddings(contentsOf: folder.appendingPathComponent("paraphrase_\(name).npy"))
  }

  private func embeddings(_ model: String) throws -> ParaphrasedEmbeddings {
    ParaphrasedEmbeddings(
      queries: try matrix("\(model)_queries"), paraphrases: try matrix("\(model)_paraphrases"),
      images: try matrix("images"))
  }

  @Test func overlapsAreThoseOfTheDefinition() {
    #expect(RankingOverlap([1, 2, 3], [1, 2, 3]) == RankingOverlap([5], [5]))
    #expect(RankingOverlap([1, 2, 3], [4, 5, 6]).average == 0)
    let swapped = RankingOverlap([1, 2], [2, 1])
    #expect(swapped.average == 0.5 && swapped.jaccard == 1)
    let half = RankingOverlap([4, 1, 7], [1, 4, 9])
    #expect(abs(half.average - (0 + 1 + 2.0 / 3) / 3) < 1e-15 && half.jaccard == 0.5)
    #expect(RankingOverlap([], []).jaccard == 0)
    #expect(RankingOverlap([3, 9], [3]) == RankingOverlap([3], [3]))
  }

  @Test(arguments: ["before", "after"])
  func rankingsAndOverlapsEqualNumPys(model: String) throws {
    let golden = try #require(try golden().models[model])
    let (queries, paraphrases) = (try matrix("\(model)_queries"), try matrix("\(model)_paraphrases"))
    let images = try matrix("images")
    #expect(try NearestImages(count: 10).rankings(of: queries, among: images) == golden.rankings)
    for (depth, expected) in golden.overlaps {
      for (width, height, threads) in [(2048, 128, 2), (5, 7, 3), (64, 1, 1)] {
        var search = NearestImages(count: try #require(Int(depth)), threads: threads)
        (search.blockWidth, search.blockHeight) = (width, height)
        let overlaps = zip(
          try search.rankings(of: queries, among: images), try search.rankings(of: paraphrases, among: images)
        ).map { RankingOverlap($0, $1) }
        #expect(overlaps.count == expected.AO.count)
        for (index, overlap) in overlaps.enumerated() {
          #expect(abs(overlap.average - expected.AO[index]) < 1e-12)
          #expect(abs(overlap.jaccard - expected.JS[index]) < 1e-12)
        }
      }
    }
  }

  @Test func aComparisonHasThePeersValuesAndIntervals() throws {
    let golden = try golden()
    var comparison = ModelComparison()
    comparison.bootstrap = Bootstrap(seed: golden.intervals.seed, resamples: golden.intervals.resamples)
    let models = try ["after", "before"].map(embeddings)
    let pairs = RetrievalPairs(imageRowOfText: golden.image_of_pair, imageCount: 64)
    try comparison.compareRankings(of: models, pairs: pairs)
    func mean(_ values: [Double]?) -> Double {
      (values ?? []).reduce(0, +) / Double(values?.count ?? 0)
    }
    for row in comparison.rows {
      for (estimate, name) in [(row.model, "after"), (try #require(row.before), "before")] {
        let model = try #require(golden.models[name])
        let expected =
          switch row.name {
          case "AO@10": mean(model.overlaps["10"]?.AO)
          case "JS@10": mean(model.overlaps["10"]?.JS)
          default: try #require(model.recalls[row.name])
          }
        #expect(abs(estimate.value - expected * 100) < 1e-10, "\(row.name)")
      }
      #expect(abs((row.change?.value ?? 0) - (row.model.value - (row.before?.value ?? 0))) < 1e-10)
      #expect(row.count == 90 && row.noun == "pair")
    }
    #expect(
      comparison.rows.map(\.name) == [
        "AO@10", "JS@10", "query R@1", "query R@5", "query R@10", "paraphrase R@1", "paraphrase R@5",
        "paraphrase R@10",
      ])
    let overlap = try #require(comparison.rows.first)
    for (name, estimate) in [
      ("before", overlap.before), ("model", overlap.model), ("change", overlap.change),
    ] {
      let expected = try #require(golden.intervals.AO[name])
      let interval = try #require(estimate?.interval)
      #expect(abs(interval.lowerBound - expected[0] * 100) < 1e-9, "\(name)")
      #expect(abs(interval.upperBound - expected[1] * 100) < 1e-9, "\(name)")
    }
  }

  @Test func onlyOneModelAndNoImagesOfItsOwnWorkToo() throws {
    var comparison = ModelComparison()
    comparison.depth = 3
    try comparison.compareRankings(of: [embeddings("after")], pairs: nil)
    #expect(comparison.rows.map(\.name) == ["AO@3", "JS@3"])
    #expect(comparison.rows.allSatisfy { $0.before == nil && $0.change == nil })
    let report = comparison.report(provenance: Provenance(version: "1"))
    #expect(report.columns == ["value"])
    #expect(report.table().contains("90 query pairs among 64 images"))
    #expect(comparison.svg().contains("AO@3"))
  }

  @Test func aModelThatTellsNothingApartRanksTheFirstImages() throws {
    let same = try Embeddings(values: [Float](repeating: 0.5, count: 20 * 4), dimension: 4)
    let rankings = try NearestImages(count: 3).rankings(of: same, among: same)
    #expect(rankings == [[Int]](repeating: [0, 1, 2], count: 20))
    let zeros = Embeddings(count: 3, dimension: 4)
    #expect(try NearestImages(count: 2).rankings(of: zeros, among: same) == [[0, 1], [0, 1], [0, 1]])
    #expect(
      try NearestImages(count: 2).rankings(of: zeros, among: same, rows: [7, 3]) == [
        [0, 1], [0, 1], [0, 1],
      ])
  }

  @Test func rankingsAreThoseOfSortingWhateverTheBlocks() throws {
    var generator = SeededGenerator(seed: 8)
    func random(_ count: Int) throws -> Embeddings {
      // Few directions, so that there are ties and near ties.
      let kinds = (0..<6).map { _ in (0..<24).map { _ in Float.random(in: -1...1, using: &generator) } }
      let values = (0..<count).flatMap { _ -> [Float] in
        var row = kinds[Int.random(in: 0..<6, using: &generator)]
        if Bool.random(using: &generator) { row[3] += 3e-7 }
        return row
      }
      return try Embeddings(values: values, dimension: 24)
    }
    let (images, texts) = (try random(150), try random(40))
    let expected = (0..<40).map { text in
      let cosines = (0..<150).map { cosine(texts[text], images[$0]) }
      return Array((0..<150).sorted { (-cosines[$0], $0) < (-cosines[$1], $1) }.prefix(25))
    }
    for (width, height) in [(2048, 128), (7, 5), (10, 40)] {
      var search = NearestImages(count: 25, threads: 2)
      (search.blockWidth, search.blockHeight) = (width, height)
      let found = try search.rankings(of: texts, among: images)
      for (text, ranking) in found.enumerated() {
        // The lengths that cosines are divided by round once more here than in the search.
        for (a, b) in zip(ranking, expected[text]) where a != b {
          #expect(abs(cosine(texts[text], images[a]) - cosine(texts[text], images[b])) < 1e-15)
        }
        #expect(Set(ranking).count == 25)
      }
    }
  }

  @Test func whatDoesNotFitIsRefusedInOneSentence() throws {
    func message(_ models: [ParaphrasedEmbeddings], pairs: RetrievalPairs? = nil, depth: Int = 2) -> String {
      var comparison = ModelComparison()
      comparison.depth = depth
      do {
        try comparison.compareRankings(of: models, pairs: pairs)
        return "compared"
      } catch { return sentence(for: error) }
    }
    func model(_ queries: Int, _ paraphrases: Int, _ images: Int, width: Int = 3) -> ParaphrasedEmbeddings {
      ParaphrasedEmbeddings(
        queries: Embeddings(count: queries, dimension: width),
        paraphrases: Embeddings(count: paraphrases, dimension: width),
        images: Embeddings(count: images, dimension: 3))
    }
    #expect(message([model(4, 4, 5)]) == "compared")
    #expect(message([model(4, 3, 5)]).hasPrefix("there are 4 queries and 3 paraphrases; give a paraphrase"))
    #expect(message([model(4, 4, 5)], depth: 6).contains("6 images were asked for, and there are 5; give"))
    #expect(message([model(4, 4, 5)], depth: 0).contains("compare nothing"))
    #expect(message([model(4, 4, 5, width: 2)]).contains("rows of 3 numbers"))
    #expect(message([model(0, 0, 5)]).contains("nothing to compare"))
    #expect(message([model(4, 4, 0)]).contains("nothing to compare"))
    #expect(message([model(4, 4, 5), model(3, 3, 5)]).contains("3 rows for 4 queries"))
    #expect(message([model(4, 4, 5), model(4, 4, 6)]).contains("6 rows for 5 images"))
    #expect(
      message([model(4, 4, 5)], pairs: RetrievalPairs(imageRowOfText: [0], imageCount: 5)).contains(
        "image rows"))
    for value in [Float.nan, .infinity] {
      var bad = model(4, 4, 5)
      bad.paraphrases = try Embeddings(values: [Float](repeating: value, count: 12), dimension: 3)
      #expect(message([bad]).contains("row 0 holds a value that is not a finite number"))
      bad = model(4, 4, 5)
      bad.images = try Embeddings(values: [Float](repeating: 0, count: 14) + [value], dimension: 3)
      #expect(message([bad]).contains("row 4 holds a value"))
    }
  }
}
