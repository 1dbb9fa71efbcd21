import CaptionData
import CaptionMetrics
import Foundation
import TestSupport
import Testing

/// Statistics of the parts of a corpus merge into those of the whole, to the last bit.
@Suite struct MetricMergingTests {
  /// Captions whose tokenization depends on the captions after them, empty ones, long ones, repeated words.
  private static let items: [CaptionDataset.Item] = {
    let texts = [
      "A man rides a horse in Washington D.C.", "The dog runs fast.", "", "plan B.", "The end", "...",
      "a a a a a a", "Two dogs and a man, e.g.", "“quoted” text - isn't it?", "one",
      "a brown dog runs on the grass with a ball and another dog runs behind it",
    ]
    var generator = SeededGenerator(seed: 7)
    let words = ["a", "dog", "man", "runs", "the", "on", "grass", "ball", "two", "B.", "red", "Mr."]
    func text() -> String {
      (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in words.randomElement(using: &generator)
      }
      .joined(separator: " ")
    }
    return (0..<307).map { index in
      let candidate = index % 3 == 0 ? texts[index / 3 % texts.count] : text()
      let references = (0...index % 4).map { $0 == 1 ? texts[(index + $0) % texts.count] : text() }
      return .init(id: "\(index)", candidate: candidate, references: references)
    }
  }()

  /// Where the corpus is split: at one place, at many, into single captions, with empty parts.
  private static let splits: [[Int]] = [
    [0], [1], [150], [306], [307], [9, 17, 128, 129, 256], [100, 100, 200], Array(0...307),
  ]

  private static func ranges(_ split: [Int]) -> [Range<Int>] {
    zip([0] + split, split + [items.count]).map { $0..<$1 }
  }

  private static func words(_ range: Range<Int>) throws -> TokenizedCorpus {
    let part = items[range]
    let next = items[range.upperBound...].prefix(64)
    return try TokenizedCorpus(
      candidates: part.map(\.candidate), references: part.map(\.references),
      following: (next.map(\.candidate), next.map(\.references)))
  }

  /// Holds merged statistics to those of the whole, in both ways to group the merging.
  private func expectMerging<M: CaptionMetric>(
    _ metric: M, _ input: (Range<Int>) throws -> MetricInput
  ) throws {
    let whole = metric.results(of: try metric.statistics(of: input(0..<Self.items.count)))
    #expect(whole.map(\.scale) == metric.scales)
    #expect(whole.allSatisfy { $0.perItem.count == Self.items.count && $0.corpus.isFinite })
    for split in Self.splits {
      let parts = try Self.ranges(split).map { try metric.statistics(of: input($0)) }
      let left = parts.reduce(M.Statistics()) { $0 + $1 }
      #expect(left.count == Self.items.count)
      #expect(metric.results(of: left) == whole, "\(M.self) split at \(split)")
      let right = parts.reversed().reduce(M.Statistics()) { $1 + $0 }
      #expect(metric.results(of: right) == whole, "\(M.self) split at \(split)")
      let sent = try parts.map {
        try JSONDecoder().decode(M.Statistics.self, from: JSONEncoder().encode($0))
      }
      #expect(
        metric.results(of: sent.reduce(M.Statistics()) { $0 + $1 }) == whole,
        "\(M.self) sent, split at \(split)")
    }
    for result in whole {
      #expect(result.scale.range.contains(result.corpus), "\(result.name): \(result.corpus)")
      #expect(result.perItem.allSatisfy { result.scale.range.contains($0) }, "\(result.name)")
    }
  }

  /// Holds the values that come from sums over captions to those of the same captions, and of a corpus with some of them several
  /// times.
  private func expectSums<M: CaptionMetric>(
    _ metric: M, _ input: (Range<Int>) throws -> MetricInput
  ) throws {
    let statistics = try metric.statistics(of: input(0..<Self.items.count))
    let sums = metric.sums(of: statistics)
    #expect(sums.count == Self.items.count)
    func values(_ items: [Int]) -> [Double] {
      sums.values(
        (0..<sums.width).map { place in
          items.reduce(0.0) { $0 + sums.summands[$1 * sums.width + place] }
        })
    }
    func expectEqual(_ found: [Double], _ results: [MetricResult]) {
      #expect(found.count == results.count)
      for (value, result) in zip(found, results) {
        #expect(abs(value - result.corpus) <= 1e-12 * max(1, abs(result.corpus)), "\(result.name)")
      }
    }
    let results = metric.results(of: statistics)
    expectEqual(values(Array(Self.items.indices)), results)
    expectEqual(CorpusSums(joining: [sums, sums]).values(joined(sums)), results + results)
    // CIDEr's document frequencies would count the references of repeated captions again.
    guard !(metric is CIDEr) else { return }
    let parts = [40..<90, 0..<307, 80..<81, 80..<81]
    let repeated = try parts.reduce(M.Statistics()) { try $0 + metric.statistics(of: input($1)) }
    expectEqual(values(parts.flatMap(Array.init)), metric.results(of: repeated))
  }

  /// The sums of all captions, twice one after another.
  private func joined(_ sums: CorpusSums) -> [Double] {
    let once = (0..<sums.width).map { place in
      stride(from: place, to: sums.summands.count, by: sums.width).reduce(0.0) { $0 + sums.summands[$1] }
    }
    return once + once
  }

  private func expectMerging(_ metric: some WordMetric) throws {
    try expectMerging(metric) { range in
      MetricInput(items: Array(Self.items[range]), words: try Self.words(range))
    }
  }

  /// What any metric looks at.
  private static func input(_ range: Range<Int>, prefix: String) throws -> MetricInput {
    var generator = SeededGenerator(seed: 3)
    let cosines = items.map { _ in
      (Double.random(in: -1...1, using: &generator), Double.random(in: -1...1, using: &generator))
    }
    return MetricInput(
      items: Array(items[range]), words: try words(range),
      similarities: ImageTextSimilarities(
        prefix: prefix, images: cosines[range].map(\.0), references: cosines[range].map(\.1)))
  }

  @Test func everyMetricOfTheRegistry() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      var setup = MetricSetup()
      setup[METEORTable.self] = try METEORTable(contentsOf: file)
      #expect(MetricRegistry.standard.metrics.count >= 6)
      for metric in MetricRegistry.standard.metrics {
        let opened = try metric.open(setup)
        let prefix = opened.captionPrefix
        try expectMerging(opened) { try Self.input($0, prefix: prefix) }
        try expectSums(opened) { try Self.input($0, prefix: prefix) }
      }
    }
  }

  @Test func bleu() throws { try expectMerging(BLEU()) }

  @Test func rougeL() throws { try expectMerging(ROUGEL()) }

  @Test func ciderWithFrequenciesOfTheCorpus() throws { try expectMerging(CIDEr()) }

  @Test func ciderWithFrequenciesThatAreGiven() throws {
    let frequencies = try DocumentFrequency(
      references: (0..<40).map { ["a dog number \($0) runs", "the man on the grass"] })
    try expectMerging(CIDEr(documentFrequency: frequencies))
  }

  @Test func meteor() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      try expectMerging(METEOR(table: try METEORTable(contentsOf: file)))
    }
  }

  @Test(.enabled(if: METEORFixtures.table != nil, Comment(rawValue: METEORFixtures.whySkipped)))
  func meteorWithItsOwnTables() throws {
    try expectMerging(METEOR(table: try #require(METEORFixtures.table)))
  }

  @Test(arguments: CLIPScoreDefinition.allCases) func clipScore(_ definition: CLIPScoreDefinition) throws {
    func input(_ range: Range<Int>) throws -> MetricInput {
      try Self.input(range, prefix: definition.prefix)
    }
    try expectMerging(CLIPScore(CLIPScoreFormula(definition)), input)
    try expectMerging(RefCLIPScore(CLIPScoreFormula(definition)), input)
    #expect(throws: CLIPScoreError.notCompared) {
      try CLIPScore(CLIPScoreFormula(definition)).statistics(of: MetricInput(items: Self.items))
    }
  }

  @Test func documentFrequenciesOfPartsAreThoseOfTheWhole() throws {
    let references = Self.items.map(\.references)
    let corpus = try Self.words(0..<references.count)
    let whole = DocumentFrequency(corpus).encoded()
    for split in Self.splits {
      let parts = try Self.ranges(split).map { DocumentFrequency(try Self.words($0)) }
      #expect(DocumentFrequency(merging: parts).encoded() == whole, "\(split)")
      let empty = DocumentFrequency(merging: [])
      #expect(parts.reduce(empty, +).encoded() == whole, "\(split)")
    }
  }

  @Test func wordsThatAreGivenAreThoseOfTheTokenizer() throws {
    let split = try Self.words(0..<Self.items.count)
    let joined = { (words: [String]) in words.joined(separator: " ") }
    let given = try TokenizedCorpus(
      tokenized: (0..<split.count).map { joined(split.words(ofCandidate: $0)) },
      references: (0..<split.count).map { split.words(ofReferencesOf: $0).map(joined) })
    #expect((0..<split.count).allSatisfy { split.words(ofCandidate: $0) == given.words(ofCandidate: $0) })
    #expect(BLEU().results(on: split) == BLEU().results(on: given))
    #expect(CIDEr().results(on: split) == CIDEr().results(on: given))
    #expect(ROUGEL().results(on: split) == ROUGEL().results(on: given))
  }

  @Test func countsThatNoCaptionHasAreRefused() throws {
    let corpus = try TokenizedCorpus(candidates: ["a dog"], references: [["a dog runs"]])
    func refused<M: CaptionMetric>(_ metric: M, _ statistics: M.Statistics, _ from: String, _ to: String)
      throws
    {
      let text = String(decoding: try JSONEncoder().encode(statistics), as: UTF8.self)
      #expect(text.contains(from), "\(text)")
      let changed = Data(text.replacing(from, with: to).utf8)
      #expect(throws: DecodingError.self, "\(M.self)") {
        try JSONDecoder().decode(M.Statistics.self, from: changed)
      }
    }
    try refused(BLEU(), BLEU().statistics(of: corpus), "\"length\":2", "\"length\":-2")
    try refused(BLEU(), BLEU().statistics(of: corpus), "\"length\":2", "\"length\":9223372036854775807")
    try refused(CIDEr(), CIDEr().statistics(of: corpus), "\"wordEnds\":[2]", "\"wordEnds\":[7]")
    try refused(CIDEr(), CIDEr().statistics(of: corpus), "\"referenceEnds\":[1]", "\"referenceEnds\":[0]")
    try refused(CIDEr(), CIDEr().statistics(of: corpus), "\"words\":[0,1,2]", "\"words\":[0,1,3]")
  }

  @Test func wordsOfAPartNeedTheCaptionsAfterIt() throws {
    let alone = try TokenizedCorpus(candidates: ["plan B."], references: [["x"]])
    let followed = try TokenizedCorpus(
      candidates: ["plan B."], references: [["x"]], following: (["The end"], [["x"]]))
    let whole = try TokenizedCorpus(candidates: ["plan B.", "The end"], references: [["x"], ["x"]])
    #expect(followed.words(ofCandidate: 0) == whole.words(ofCandidate: 0))
    #expect(alone.words(ofCandidate: 0) != whole.words(ofCandidate: 0))
    #expect(followed.count == 1)
  }
}
