import Foundation

/// BLEU-1 to BLEU-4 (Papineni et al. 2002), as pycocoevalcap 1.2 computes them: n-gram counts clipped by the largest
/// count in any one reference, the *closest* reference length (the shorter of two equally close), and in place of
/// smoothing a tiny number added to matches and a small one to guesses.
public struct BLEU: Sendable {
  /// Makes the metric.
  public init() {}

  /// The four values, BLEU-1 first.
  ///
  /// A corpus value comes from the counts of the whole corpus; it is not the mean of the items' values.
  public func score(_ corpus: TokenizedCorpus) -> [MetricResult] {
    var total = BLEUCounts()
    var perItem = Array(repeating: [Double](), count: NGramCounts.order)
    for item in Self.counts(corpus) {
      total.add(item)
      for (n, value) in item.scores().enumerated() { perItem[n].append(value) }
    }
    let values = corpus.count == 0 ? Array(repeating: 0, count: NGramCounts.order) : total.scores()
    return values.indices.map {
      MetricResult(name: "BLEU-\($0 + 1)", corpus: values[$0], perItem: perItem[$0])
    }
  }

  private static func counts(_ corpus: TokenizedCorpus) -> [BLEUCounts] {
    // The largest count of each n-gram in a reference of the item that `owner` names.
    var largest = [Int32](repeating: 0, count: corpus.nGrams.count)
    var owner = [Int32](repeating: -1, count: corpus.nGrams.count)
    return (0..<corpus.count).map { item -> BLEUCounts in
      let stamp = Int32(truncatingIfNeeded: item)
      var counts = BLEUCounts()
      counts.length = corpus.candidates.wordRange(item).count
      var closest = (distance: Int.max, length: 0)
      for reference in corpus.referenceRange(item) {
        let length = corpus.references.wordRange(reference).count
        let distance = abs(length - counts.length)
        if (distance, length) < closest { closest = (distance, length) }
        for i in corpus.referenceNGrams.range(reference) {
          let number = Int(corpus.referenceNGrams.numbers[i])
          let count = corpus.referenceNGrams.counts[i]
          largest[number] = owner[number] == stamp ? max(largest[number], count) : count
          owner[number] = stamp
        }
      }
      counts.referenceLength = closest.length
      for n in 0..<NGramCounts.order {
        counts.guesses[n] = max(0, counts.length - n)
        for i in corpus.candidateNGrams.range(item, length: n + 1) {
          let number = Int(corpus.candidateNGrams.numbers[i])
          guard owner[number] == stamp else { continue }
          counts.matches[n] += Int(min(largest[number], corpus.candidateNGrams.counts[i]))
        }
      }
      return counts
    }
  }
}

/// What BLEU counts in one item or in many.
private struct BLEUCounts {
  var length = 0
  var referenceLength = 0
  var guesses = Array(repeating: 0, count: NGramCounts.order)
  var matches = Array(repeating: 0, count: NGramCounts.order)

  mutating func add(_ other: BLEUCounts) {
    length += other.length
    referenceLength += other.referenceLength
    for n in guesses.indices {
      guesses[n] += other.guesses[n]
      matches[n] += other.matches[n]
    }
  }

  /// The geometric means of the precisions up to each length, times the brevity penalty.
  func scores() -> [Double] {
    let small = 1e-9
    let tiny = 1e-15
    let ratio = (Double(length) + tiny) / (Double(referenceLength) + small)
    let penalty = ratio < 1 ? exp(1 - 1 / ratio) : 1
    var product = 1.0
    return guesses.indices.map { n in
      product *= (Double(matches[n]) + tiny) / (Double(guesses[n]) + small)
      return pow(product, 1 / Double(n + 1)) * penalty
    }
  }
}
