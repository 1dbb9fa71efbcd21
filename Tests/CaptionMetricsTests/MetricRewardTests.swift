import CaptionMetrics
import Foundation
import Synchronization
import TestSupport
import Testing

/// One candidate at a time gets the value that it has in a corpus.
@Suite struct MetricRewardTests {
  private static let references = [
    ["A man rides a horse.", "The man is on a horse", "a man, riding"],
    ["A dog runs", "a dog", "A dog runs fast"],
    ["Two men and a dog"], ["", "..."], ["A 555 1234 number", "a big dog of great size"],
  ]

  private static let candidates = [
    "A man on a horse", "a dog runs runs runs slowly", "", "...", "Two dogs, and a man!",
    "a pup of great size",
    (0..<200).map { "word\($0)" }.joined(separator: " "), "unheard-of things happen here",
    "the the the the the the",
  ]

  /// Every candidate with every image's references.
  private func expectCorpusValues<M: WordMetric>(_ metric: M) throws {
    for references in Self.references {
      let prepared = try metric.prepare(references)
      for candidate in Self.candidates + Self.candidates.reversed() {
        let corpus = try TokenizedCorpus(candidates: [candidate], references: [references])
        #expect(
          metric.scores(candidate, against: prepared) == metric.results(on: corpus).map { $0.perItem[0] },
          "\(candidate)")
      }
    }
    let prepared = try Self.references.map { try metric.prepare($0) }
    #expect(
      metric.scores(Array(Self.candidates.prefix(5)), against: prepared)
        == zip(Self.candidates, prepared).map { metric.scores($0, against: $1) })
    #expect(throws: NGramMetricError.noReferences(item: 0)) { try metric.prepare([]) }
  }

  @Test func bleu() throws { try expectCorpusValues(BLEU()) }

  @Test func rougeL() throws { try expectCorpusValues(ROUGEL()) }

  @Test func cider() throws {
    // The frequencies know words that the references lack, and lack words that the references have.
    let frequencies = try DocumentFrequency(
      references: [["two dogs and a man", "a pup"], ["the man is on it"], ["things happen here"]])
    try expectCorpusValues(CIDEr(documentFrequency: frequencies))
    #expect(throws: NGramMetricError.noDocumentFrequency) { try CIDEr().prepare(["a dog"]) }
    #expect(NGramMetricError.noDocumentFrequency.description.contains("plumb cider-df"))
  }

  @Test func meteor() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tables")
      try METEORFixtures.builder().write(to: file, source: "words of our own")
      try expectCorpusValues(METEOR(table: try METEORTable(contentsOf: file)))
    }
  }

  @Test(.enabled(if: METEORFixtures.table != nil, Comment(rawValue: METEORFixtures.whySkipped)))
  func meteorWithItsOwnTables() throws {
    try expectCorpusValues(METEOR(table: try #require(METEORFixtures.table)))
  }

  @Test func manyThreadsMayAskAtOnce() throws {
    let metric = CIDEr(documentFrequency: try DocumentFrequency(references: Self.references))
    let prepared = try metric.prepare(Self.references[1])
    let expected = Self.candidates.map { metric.scores($0, against: prepared) }
    let isEqual = AtomicFlag()
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      if Self.candidates.map({ metric.scores($0, against: prepared) }) != expected { isEqual.clear() }
    }
    #expect(isEqual.isSet)
  }
}

/// A flag that any thread may clear.
private final class AtomicFlag: Sendable {
  private let value = Mutex(true)
  var isSet: Bool { value.withLock { $0 } }
  func clear() { value.withLock { $0 = false } }
}
