/// How much two rankings of the same things have in common: how similarly a model ranks for two wordings of one wish.
///
/// ```swift
/// let overlap = RankingOverlap([4, 1, 7], [1, 4, 9])
/// print(overlap.average, overlap.jaccard)  // 0.5556 0.5
/// ```
public struct RankingOverlap: Sendable, Equatable {
  /// AO@k, from 0 to 1: `(1/k) Σ_{d≤k} |A_d ∩ B_d| / d`, with the first d things A_d and B_d of each; what stands first
  /// counts most.
  public let average: Double
  /// JS@k, from 0 to 1: `|A_k ∩ B_k| / |A_k ∪ B_k|`, whatever the order.
  public let jaccard: Double

  /// Compares two rankings, the best first, as far as the shorter one goes: that is k.
  ///
  /// A ranking names nothing twice. Two rankings without anything have nothing in common.
  public init(_ first: [Int], _ second: [Int]) {
    let count = min(first.count, second.count)
    guard count > 0 else {
      (average, jaccard) = (0, 0)
      return
    }
    var (inFirst, inSecond) = (Set<Int>(minimumCapacity: count), Set<Int>(minimumCapacity: count))
    var common = 0
    var sum = 0.0
    for depth in 0..<count {
      let (a, b) = (first[depth], second[depth])
      inFirst.insert(a)
      inSecond.insert(b)
      if a == b {
        common += 1
      } else {
        common += (inSecond.contains(a) ? 1 : 0) + (inFirst.contains(b) ? 1 : 0)
      }
      sum += Double(common) / Double(depth + 1)
    }
    average = sum / Double(count)
    jaccard = Double(common) / Double(2 * count - common)
  }
}
