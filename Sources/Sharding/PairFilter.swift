import Foundation

/// Which pairs are kept: those of a score, the best of all, and of equal images one.
public struct PairFilter: Sendable, Equatable {
  /// The least score of a pair that is kept.
  public var minimumScore: Double?
  /// The share of all scored pairs that is kept, from 0 to 1: those with the highest scores. Of equal scores the earlier ones.
  public var topFraction: Double?
  /// Whether of pairs with the same image, to the byte, only the first is kept, of those that the scores would keep.
  public var removesDuplicates: Bool

  /// Creates a filter.
  public init(minimumScore: Double? = nil, topFraction: Double? = nil, removesDuplicates: Bool = false) {
    self.minimumScore = minimumScore
    self.topFraction = topFraction
    self.removesDuplicates = removesDuplicates
  }
}

/// How many pairs a filter has kept, and why it has not kept the others.
public struct FilterCounts: Sendable, Equatable {
  /// All pairs.
  public internal(set) var pairs = 0
  /// Pairs without an embedding or a score.
  public internal(set) var failed = 0
  /// Pairs below the least score.
  public internal(set) var belowMinimum = 0
  /// Pairs that are not among the best.
  public internal(set) var belowTop = 0
  /// Pairs whose image was kept before.
  public internal(set) var duplicates = 0
  /// Pairs that a list has excluded before; they are not among ``pairs``.
  public internal(set) var excluded = 0
  /// Pairs that are kept.
  public internal(set) var kept = 0
  /// The sums of the scores, of all scored pairs and of those that are kept.
  var scoreSum = 0.0
  var keptScoreSum = 0.0
}

/// Decides pair by pair, in the order of shards and rows.
struct FilterDecision {
  private let filter: PairFilter
  /// The least score among the best, and how many pairs of just that score are still among them.
  private(set) var topThreshold: Double?
  private var ties = 0
  private var seen: Set<ImageHash> = []
  private(set) var counts = FilterCounts()

  /// Prepares; with a share of the best, all scores are read first, eight bytes a pair.
  init(_ filter: PairFilter, over shards: ScoredShards, excluding excluded: ExcludedMembers) throws {
    var scores: [Double] = []
    if filter.topFraction != nil {
      for place in shards.places {
        try place.forEachRow { row in
          if row.isEmbedded, !excluded.contains(row.key, of: place.name), let score = row.score {
            scores.append(score)
          }
        }
      }
    }
    self.init(filter, among: scores)
  }

  /// Prepares, with the scores of all pairs that have one.
  init(_ filter: PairFilter, among scores: [Double]) {
    self.filter = filter
    guard let fraction = filter.topFraction else { return }
    var scores = scores
    // To the nearest: 0.29 of 100 is 29, though the product is a little less.
    let count = min(scores.count, Int((fraction * Double(scores.count)).rounded()))
    scores.sort(by: >)
    topThreshold = count > 0 ? scores[count - 1] : .infinity
    ties = scores.prefix(count).reversed().prefix { $0 == topThreshold }.count
  }

  /// Counts a pair that is excluded before anything else is asked of it.
  mutating func exclude() { counts.excluded += 1 }

  /// Whether a pair is kept.
  mutating func keeps(_ row: PairRow) -> Bool {
    counts.pairs += 1
    let needsScore = filter.minimumScore != nil || filter.topFraction != nil
    guard row.isEmbedded, row.score != nil || !needsScore else {
      counts.failed += 1
      return false
    }
    counts.scoreSum += row.score ?? 0
    // Equal scores count against the best whatever else happens to the pair, so that the share is of all pairs.
    let isTop = takesPlace(row.score)
    if let least = filter.minimumScore, let score = row.score, score < least {
      counts.belowMinimum += 1
      return false
    }
    guard isTop else {
      counts.belowTop += 1
      return false
    }
    if filter.removesDuplicates, let hash = row.hash, !seen.insert(hash).inserted {
      counts.duplicates += 1
      return false
    }
    counts.kept += 1
    counts.keptScoreSum += row.score ?? 0
    return true
  }

  private mutating func takesPlace(_ score: Double?) -> Bool {
    guard let topThreshold, let score else { return true }
    guard score == topThreshold else { return score > topThreshold }
    ties -= 1
    return ties >= 0
  }
}
