import CaptionMetrics
import Evaluation
import Files
import Foundation
import TestSupport
import Testing
import TextProcessing

@Suite struct METEORTests {
  /// How far a value may be from the peer's. It is equal to the last bit where the mathematics library is the same.
  private static let tolerance = 1e-12

  private static let hasTable = METEORFixtures.table != nil

  @Test(.enabled(if: hasTable, Comment(rawValue: METEORFixtures.whySkipped)))
  func countsAndScoresWordsAsTheJar() throws {
    let golden: METEORFixtures.Golden = try METEORFixtures.read("golden.json")
    let items = golden.words.items
    #expect(items.count > 300)
    let (result, counts) = METEOR(table: try #require(METEORFixtures.table)).score(
      words: items.map(\.candidate), references: items.map(\.references))
    for (index, item) in items.enumerated() {
      #expect(counts[index] == item.counts, "\(item.candidate.debugDescription)")
      #expect(
        abs(result.perItem[index] - item.score) <= Self.tolerance, "\(item.candidate.debugDescription)")
    }
    #expect(abs(result.corpus - golden.words.corpus) <= Self.tolerance)
  }

  @Test(.enabled(if: hasTable, Comment(rawValue: METEORFixtures.whySkipped)))
  func scoresCaptionsAsPycocoevalcap() throws {
    let golden: METEORFixtures.Golden = try METEORFixtures.read("golden.json")
    let items = golden.captions.items
    let corpus = try TokenizedCorpus(
      candidates: items.map(\.candidate), references: items.map(\.references))
    let result = METEOR(table: try #require(METEORFixtures.table)).score(corpus)
    #expect(result.name == "METEOR")
    for (value, item) in zip(result.perItem, items) {
      #expect(abs(value - item.score) <= Self.tolerance, "\(item.candidate.debugDescription)")
    }
    #expect(abs(result.corpus - golden.captions.corpus) <= Self.tolerance)
  }

  @Test(
    .enabled(if: hasTable, Comment(rawValue: METEORFixtures.whySkipped)),
    .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func countsAndScoresEveryCaptionOfFlickr8kAsTheJar() throws {
    let golden: METEORFixtures.Flickr8k = try METEORFixtures.read("flickr8k.json")
    let scores = try METEORFixtures.scores()
    let images = try RealCaptions.flickr8k()
    let candidates = images.flatMap { $0 }
    let references = images.flatMap { texts in
      texts.indices.map { kept in texts.indices.filter { $0 != kept }.map { texts[$0] } }
    }
    #expect(candidates.count == golden.items)
    let corpus = try TokenizedCorpus(candidates: candidates, references: references)
    let (result, counts) = METEOR(table: try #require(METEORFixtures.table)).scoreAndCounts(corpus)
    var hash = SHA256()
    Array(counts.joined(separator: "\n").utf8).withUnsafeBytes { hash.update($0) }
    #expect(hash.hexadecimal() == golden.counts_sha256)
    #expect(abs(result.corpus - golden.corpus) <= Self.tolerance)
    #expect(scores.count == 5_000)
    for (value, expected) in zip(result.perItem, scores) {
      #expect(abs(value - expected) <= Self.tolerance)
    }
  }

  @Test(
    .enabled(if: hasTable, Comment(rawValue: METEORFixtures.whySkipped)),
    .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func agreesWithPeopleAsPublished() throws {
    let set = try JudgementSet(
      .flickr8kExpert, in: #require(TestData.shared).appendingPathComponent("flickr8k"))
    var evaluation = JudgementEvaluation(metrics: [METEOR(table: try #require(METEORFixtures.table))])
    evaluation.bootstrap = Bootstrap(seed: 1, resamples: 0)
    let report = try evaluation.report(on: set, provenance: Provenance(version: "test"))
    let value = try #require(report.metrics.first.flatMap { report.leadingValue(of: $0) })
    #expect(String(format: "%.2f", value * 100) == "41.82")
  }

  @Test func stemsAsSnowball() throws {
    let golden: METEORFixtures.Golden = try METEORFixtures.read("golden.json")
    #expect(golden.stems.count > 1_000)
    for pair in golden.stems { #expect(EnglishStemmer.stem(pair[0]) == pair[1], "\(pair[0])") }
  }

  @Test func takesWordsFromItsTables() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      let table = try METEORTable(contentsOf: file)
      #expect(table.source == "words of our own")
      #expect(table.checksum.count == 64)
      let cases = [
        ("a pup", "a whelp", true), ("oxen", "bull", true), ("pup", "bull", false),
        ("set out", "go off", true), ("go off", "set out", true), ("set off", "go out", false),
        ("big dog", "dog of great size", true), ("no. 5", "no . 5", false), ("vs. x", "vs . x", false),
      ]
      for (candidate, reference, isWhole) in cases {
        let score = METEOR(table: table).score(words: [candidate], references: [[reference]]).result.corpus
        #expect((score > 0.3) == isWhole, "\(candidate) / \(reference): \(score)")
      }
    }
  }

  @Test func givesTheSameValuesOnAnyNumberOfThreads() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      let words = ["the", "pup", "whelp", "oxen", "go", "off", "set", "out", "big", "of", "great", "size"]
      var generator = SeededGenerator(seed: 1)
      let captions = (0..<600).map { _ in
        (0..<9).compactMap { _ in words.randomElement(using: &generator) }.joined(separator: " ")
      }
      let references = captions.indices.map { [captions[($0 + 1) % 600], captions[($0 + 7) % 600]] }
      let table = try METEORTable(contentsOf: file)
      let one = METEOR(table: table, threads: 1).score(words: captions, references: references)
      let three = METEOR(table: table, threads: 3).score(words: captions, references: references)
      #expect(one.result == three.result)
      #expect(one.counts == three.counts)
    }
  }

  @Test(.timeLimit(.minutes(1))) func endsSoonOnEndlessRepetition() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      let metric = METEOR(table: try METEORTable(contentsOf: file))
      for text in ["a", "big of great size", "set out go off", "pup whelp", "'-.,"] {
        let caption = Array(repeating: text, count: 5_000).joined(separator: " ")
        let other = Array(repeating: text, count: 4_999).joined(separator: " ")
        let corpus = try TokenizedCorpus(candidates: [caption], references: [[other, caption]])
        #expect(metric.score(corpus).corpus <= 1)
        let isLong = text != "'-.,"
        let warnings = metric.warnings(of: metric.statistics(of: corpus))
        #expect((warnings.first?.contains("500 words") ?? false) == isLong, "\(text)")
      }
    }
  }
}
