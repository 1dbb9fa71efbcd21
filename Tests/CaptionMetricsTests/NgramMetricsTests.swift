import CaptionMetrics
import Foundation
import TestSupport
import Testing

@Suite struct NgramMetricsTests {
  /// How far a value may be from the peer's. It is equal to the last bit where the mathematics library is the same.
  private static let tolerance = 1e-12

  @Test func scoresEveryItemAsThePeer() throws {
    let golden: NgramFixtures.Metrics = try NgramFixtures.read("metrics.json")
    #expect(golden.sets.count == 4)
    for set in golden.sets {
      let corpus = try TokenizedCorpus(candidates: set.candidates, references: set.references)
      let scores = NgramFixtures.scores(corpus)
      #expect(scores.count == set.scores.count)
      for (name, expected) in set.scores {
        let ours = try #require(scores[name])
        #expect(abs(ours.corpus - expected.corpus) <= Self.tolerance, "\(set.name) \(name)")
        #expect(ours.perItem.count == expected.perItem.count)
        for (i, (value, target)) in zip(ours.perItem, expected.perItem).enumerated() {
          #expect(
            abs(value - target) <= Self.tolerance, "\(set.name) \(name) \(set.candidates[i].debugDescription)"
          )
        }
      }
    }
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func scoresFlickr8kAsThePeer() throws {
    let golden: NgramFixtures.Corpora = try NgramFixtures.read("corpora.json")
    let images = try RealCaptions.flickr8k()
    let corpus = try TokenizedCorpus(
      candidates: images.map { $0[0] }, references: images.map { Array($0.dropFirst()) })
    let scores = NgramFixtures.scores(corpus)
    for (name, expected) in golden.flickr8k {
      let ours = try #require(scores[name])
      #expect(abs(ours.corpus - expected.corpus) <= Self.tolerance, "\(name)")
      let sample = stride(from: 0, to: ours.perItem.count, by: 200).map { ours.perItem[$0] }
      #expect(zip(sample, expected.perItem).allSatisfy { abs($0 - $1) <= Self.tolerance }, "\(name)")
    }
  }

  @Test func refusesAnUnequalNumberOfReferences() {
    #expect(throws: NGramMetricError.unequalCounts(candidates: 1, references: 2)) {
      try TokenizedCorpus(candidates: ["a"], references: [["a"], ["b"]])
    }
    #expect(throws: NGramMetricError.noReferences(item: 1)) {
      try TokenizedCorpus(candidates: ["a", "b"], references: [["a"], []])
    }
  }

  @Test func scoresNothingAsNothing() throws {
    let corpus = try TokenizedCorpus(candidates: [], references: [])
    for result in NgramFixtures.scores(corpus).values {
      #expect(result.corpus == 0)
      #expect(result.perItem.isEmpty)
    }
  }

  @Test func scoresCaptionsWithoutAWordAsNumbers() throws {
    let corpus = try TokenizedCorpus(candidates: ["", "..."], references: [[""], ["!"]])
    for result in NgramFixtures.scores(corpus).values { #expect(result.corpus.isFinite) }
    #expect(ROUGEL().score(corpus).corpus == 1)
  }

  @Test(.timeLimit(.minutes(1))) func scoresVeryLongCaptionsInTime() throws {
    let long = (0..<40_000).map { "w\($0 % 977)" }.joined(separator: " ")
    let corpus = try TokenizedCorpus(candidates: [long, "a"], references: [[long + " x", "a"], [long]])
    #expect(ROUGEL().score(corpus).perItem[0] > 0.99)
    #expect(CIDEr().score(corpus).corpus.isFinite)
    #expect(BLEU().score(corpus)[3].perItem[0] > 0.99)
  }

  @Test func findsCommonSubsequencesOfAnyLength() throws {
    var generator = SeededGenerator(seed: 3)
    for length in [1, 5, 63, 64, 65, 130, 200] {
      let words = ["a", "b", "c", "d"]
      let first = (0..<length).map { _ in words.randomElement(using: &generator) ?? "" }
      let second = (0..<(length * 3 / 2)).map { _ in words.randomElement(using: &generator) ?? "" }
      let corpus = try TokenizedCorpus(
        candidates: [first.joined(separator: " ")], references: [[second.joined(separator: " ")]])
      let common = Double(Self.commonSubsequence(first, second))
      let (precision, recall) = (common / Double(first.count), common / Double(second.count))
      let expected = common == 0 ? 0 : 2.44 * precision * recall / (recall + 1.44 * precision)
      #expect(abs(ROUGEL().score(corpus).corpus - expected) < 1e-12)
    }
  }

  private static func commonSubsequence(_ first: [String], _ second: [String]) -> Int {
    var row = Array(repeating: 0, count: second.count + 1)
    for a in first {
      var diagonal = 0
      for (j, b) in second.enumerated() {
        let above = row[j + 1]
        row[j + 1] = a == b ? diagonal + 1 : max(above, row[j])
        diagonal = above
      }
    }
    return row[second.count]
  }
}
