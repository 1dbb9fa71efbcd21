import Foundation

/// What METEOR counts in one candidate and a reference, or in many added up.
struct METEORStatistics: Equatable, Sendable, Codable {
  var candidateLength = 0
  var referenceLength = 0
  var candidateFunctionWords = 0
  var referenceFunctionWords = 0
  /// For each matcher, matched content words of the candidate and of the reference, then function words of both.
  var matches = Array(repeating: [0, 0, 0, 0], count: METEORParameters.weights.count)
  var chunks = 0
  var candidateMatches = 0
  var referenceMatches = 0

  mutating func add(_ other: Self) {
    candidateLength += other.candidateLength
    referenceLength += other.referenceLength
    candidateFunctionWords += other.candidateFunctionWords
    referenceFunctionWords += other.referenceFunctionWords
    for matcher in matches.indices {
      for kind in matches[matcher].indices { matches[matcher][kind] += other.matches[matcher][kind] }
    }
    // The jar's sums leave out the one chunk of a candidate that is aligned whole.
    chunks += other.isWhole ? 0 : other.chunks
    candidateMatches += other.candidateMatches
    referenceMatches += other.referenceMatches
  }

  /// How many numbers ``summands`` are.
  static let width = 7 + 4 * METEORParameters.weights.count

  /// What ``add(_:)`` adds, as numbers.
  var summands: [Double] {
    let counts = [
      candidateLength, referenceLength, candidateFunctionWords, referenceFunctionWords,
      isWhole ? 0 : chunks, candidateMatches, referenceMatches,
    ]
    return (counts + matches.joined()).map(Double.init)
  }

  /// Sums of ``summands``.
  init(sums: [Double]) {
    self.init()
    guard sums.count == Self.width else { return }
    let counts = sums.map { Int($0) }
    (candidateLength, referenceLength) = (counts[0], counts[1])
    (candidateFunctionWords, referenceFunctionWords) = (counts[2], counts[3])
    (chunks, candidateMatches, referenceMatches) = (counts[4], counts[5], counts[6])
    for matcher in matches.indices {
      for kind in matches[matcher].indices { matches[matcher][kind] = counts[7 + 4 * matcher + kind] }
    }
  }

  init() {}

  /// Whether a caption can have these counts.
  var isPossible: Bool {
    let numbers = [
      candidateLength, referenceLength, candidateFunctionWords, referenceFunctionWords, chunks,
      candidateMatches,
      referenceMatches,
    ]
    return matches.count == METEORParameters.weights.count && matches.allSatisfy { $0.count == 4 }
      && (numbers + matches.joined()).allSatisfy(StatisticsCounts.isPossible)
  }

  /// Whether all words of both are aligned, in one chunk: nothing is fragmented then.
  private var isWhole: Bool {
    chunks == 1 && candidateMatches == candidateLength && referenceMatches == referenceLength
  }

  /// The weighted F of precision and recall, times what the penalty for fragmentation leaves.
  var score: Double {
    typealias P = METEORParameters
    let (content, function) = (P.delta, 1.0 - P.delta)
    func weighted(_ length: Int, _ functionWords: Int) -> Double {
      content * Double(length - functionWords) + function * Double(functionWords)
    }
    // In the jar's order, which the last bit of the sums depends on.
    var candidate = 0.0
    var reference = 0.0
    for (weight, counts) in zip(P.weights, matches) {
      candidate += weight * Double(counts[0]) * content
      reference += weight * Double(counts[1]) * content
    }
    for (weight, counts) in zip(P.weights, matches) {
      candidate += weight * Double(counts[2]) * function
      reference += weight * Double(counts[3]) * function
    }
    let precision = candidate / weighted(candidateLength, candidateFunctionWords)
    let recall = reference / weighted(referenceLength, referenceFunctionWords)
    let mean = 1.0 / (P.alpha / recall + (1.0 - P.alpha) / precision)
    let words = Double(candidateMatches + referenceMatches) / 2
    let fragmentation = isWhole ? 0 : Double(chunks) / words
    let score = mean * (1.0 - P.gamma * pow(fragmentation, P.beta))
    return score.isNaN ? 0 : score
  }

  /// The counts as the jar prints them.
  var text: String {
    var numbers = [
      candidateLength, referenceLength, candidateFunctionWords, referenceFunctionWords,
    ]
    numbers += matches.joined() + [chunks, candidateMatches, referenceMatches]
    return numbers.map { "\($0).0" }.joined(separator: " ")
  }
}

/// What METEOR counts in captions, each against its best reference.
public struct METEORCorpusStatistics: MetricStatistics {
  var items: [METEORStatistics]
  /// How many candidates and references have more words than are compared.
  var longCaptions = 0

  /// Nothing.
  public init() { items = [] }

  init(_ items: [METEORStatistics]) { self.items = items }

  /// Reads counts; one that no caption can have is an error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    items = try container.decode([METEORStatistics].self, forKey: .items)
    longCaptions = try container.decode(Int.self, forKey: .longCaptions)
    let isPossible = StatisticsCounts.isPossible(longCaptions) && items.allSatisfy(\.isPossible)
    guard isPossible else { throw StatisticsCounts.impossible(decoder) }
  }

  /// How many captions were counted.
  public var count: Int { items.count }

  /// Appends the counts of later captions.
  public mutating func merge(_ later: METEORCorpusStatistics) {
    items += later.items
    longCaptions += later.longCaptions
  }
}
