import Foundation

/// BLEU-1 to BLEU-4 (Papineni et al. 2002), as pycocoevalcap 1.2 computes them: n-gram counts clipped by the largest
/// count in any one reference, the *closest* reference length (the shorter of two equally close), and in place of
/// smoothing a tiny number added to matches and a small one to guesses.
public struct BLEU: WordMetric {
  /// `bleu`.
  public static let registration = MetricRegistration(
    name: "bleu", title: "BLEU",
    parts: (1...NGramCounts.order).map { .init(name: "BLEU-\($0)", spellings: ["bleu\($0)", "b\($0)"]) },
    needs: .references
  ) { _ in BLEU() }

  /// BLEU-1 to BLEU-4.
  public let scales = (1...NGramCounts.order).map { order in
    MetricScale(
      name: "BLEU-\(order)", range: 0...1,
      legend: order == 1
        ? "words shared with the references, 0 to 1" : "runs of up to \(order) words shared, 0 to 1")
  }

  /// Makes the metric.
  public init() {}

  /// The four values, BLEU-1 first.
  ///
  /// A corpus value comes from the counts of the whole corpus; it is not the mean of the items' values.
  public func score(_ corpus: TokenizedCorpus) -> [MetricResult] { results(on: corpus) }

  /// The values of counts.
  public func results(of statistics: BLEUStatistics) -> [MetricResult] {
    var total = BLEUCounts()
    for item in statistics.items { total.add(item) }
    let corpus = statistics.count == 0 ? Array(repeating: 0, count: scales.count) : total.scores()
    let perItem = statistics.items.map { $0.scores() }
    return scales.indices.map { n in
      MetricResult(scales[n], corpus: corpus[n], perItem: perItem.map { $0[n] })
    }
  }

  /// The counts of each item.
  public func sums(of statistics: BLEUStatistics) -> CorpusSums {
    CorpusSums(width: BLEUCounts.width, summands: statistics.items.flatMap(\.numbers)) {
      BLEUCounts(numbers: $0).scores()
    }
  }

  /// Counts the n-grams of each candidate, and those that its references have too.
  public func statistics(of corpus: TokenizedCorpus) -> BLEUStatistics {
    // The largest count of each n-gram in a reference of the item that `owner` names.
    var largest = [Int32](repeating: 0, count: corpus.nGrams.count)
    var owner = [Int32](repeating: -1, count: corpus.nGrams.count)
    var statistics = BLEUStatistics()
    statistics.items = (0..<corpus.count).map { item -> BLEUCounts in
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
    return statistics
  }
}

/// What BLEU counts in captions.
public struct BLEUStatistics: MetricStatistics {
  fileprivate var items: [BLEUCounts] = []

  /// Nothing.
  public init() {}

  /// Reads counts; one that no caption can have is an error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    items = try container.decode([BLEUCounts].self, forKey: .items)
    let isPossible = items.allSatisfy { counts in
      ([counts.length, counts.referenceLength]
        + (0..<NGramCounts.order).flatMap { [counts.guesses[$0], counts.matches[$0]] })
        .allSatisfy(StatisticsCounts.isPossible)
    }
    guard isPossible else { throw StatisticsCounts.impossible(decoder) }
  }

  /// How many captions were counted.
  public var count: Int { items.count }

  /// Appends the counts of later captions.
  public mutating func merge(_ later: BLEUStatistics) { items += later.items }
}

/// What BLEU counts in one item or in many; n-grams by their length less one.
private struct BLEUCounts: Codable {
  var length = 0
  var referenceLength = 0
  var guesses = SIMD4<Int>()
  var matches = SIMD4<Int>()

  init() {}

  /// How many counts there are.
  static let width = 2 + 2 * NGramCounts.order

  /// The counts, in the order of their declarations.
  var numbers: [Double] {
    [Double(length), Double(referenceLength)]
      + (0..<NGramCounts.order).map { Double(guesses[$0]) }
      + (0..<NGramCounts.order).map { Double(matches[$0]) }
  }

  /// Sums of ``numbers``.
  init(numbers: [Double]) {
    guard numbers.count == Self.width else { return }
    length = Int(numbers[0])
    referenceLength = Int(numbers[1])
    for n in 0..<NGramCounts.order {
      guesses[n] = Int(numbers[2 + n])
      matches[n] = Int(numbers[2 + NGramCounts.order + n])
    }
  }

  mutating func add(_ other: BLEUCounts) {
    length += other.length
    referenceLength += other.referenceLength
    guesses &+= other.guesses
    matches &+= other.matches
  }

  /// The geometric means of the precisions up to each length, times the brevity penalty.
  func scores() -> [Double] {
    let small = 1e-9
    let tiny = 1e-15
    let ratio = (Double(length) + tiny) / (Double(referenceLength) + small)
    let penalty = ratio < 1 ? exp(1 - 1 / ratio) : 1
    var product = 1.0
    return (0..<NGramCounts.order).map { n in
      product *= (Double(matches[n]) + tiny) / (Double(guesses[n]) + small)
      return pow(product, 1 / Double(n + 1)) * penalty
    }
  }
}
