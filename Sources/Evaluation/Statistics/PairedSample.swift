/// Two lists of numbers that belong together pair by pair, sorted once, so that their correlations, also those of a
/// sample of the pairs, cost no sorting again.
///
/// ```swift
/// let sample = try PairedSample(scores, ratings)
/// print(sample.coefficient(.kendallC) ?? .nan)
/// ```
public struct PairedSample: Sendable {
  /// The most pairs; the pairs of pairs are then still counted exactly.
  public static let limit = 1 << 31

  /// How many pairs there are.
  public let count: Int
  /// How many groups the pairs come in.
  public let groupCount: Int
  // All that follows is in the order of the list with more different values.
  let first: [Double]
  let second: [Double]
  /// The group of each pair.
  let groups: [Int32]
  /// Where each run of one value ends.
  let runEnds: [Int32]
  /// Which of the other list's different values each pair has.
  let levels: [Int32]
  /// How many different values the other list has.
  let levelCount: Int

  /// Holds two lists.
  ///
  /// - Parameters:
  ///   - groups: what each pair belongs to, for samples of whole groups: numbers from 0 on. Without it, each pair is
  ///     a group of its own.
  ///   - groupCount: how many groups there are; nil for one more than the highest number.
  /// - Throws: ``StatisticsError`` where the lengths differ, a number is not finite or a group is below zero.
  public init(_ first: [Double], _ second: [Double], groups: [Int]? = nil, groupCount: Int? = nil)
    throws(StatisticsError)
  {
    guard first.count == second.count else {
      throw .unequalCounts(first: first.count, second: second.count)
    }
    guard first.count < Self.limit else { throw .tooMany(count: first.count, limit: Self.limit - 1) }
    for index in first.indices where !(first[index].isFinite && second[index].isFinite) {
      throw .notFinite(index: index)
    }
    if let groups {
      guard groups.count == first.count else {
        throw .unequalCounts(first: first.count, second: groups.count)
      }
      let bound = min(groupCount ?? Self.limit, Self.limit)
      for index in groups.indices where groups[index] < 0 || groups[index] >= bound {
        throw .wrongGroup(index: index)
      }
    }
    count = first.count
    self.groupCount = groupCount ?? groups.map { ($0.max() ?? -1) + 1 } ?? first.count
    let levels = (first: OrderedLevels(first), second: OrderedLevels(second))
    let isSwapped = levels.first.count < levels.second.count
    let sorted = isSwapped ? levels.second : levels.first
    let other = isSwapped ? levels.first : levels.second
    let (order, ends) = sorted.order()
    runEnds = ends
    levelCount = other.count
    self.levels = order.map { other.levels[$0] }
    self.first = order.map { first[$0] }
    self.second = order.map { second[$0] }
    self.groups = order.map { Int32(truncatingIfNeeded: groups?[$0] ?? $0) }
  }

  /// A correlation of the two lists; nil where it is not defined, with fewer than two pairs or with a list of one
  /// value only.
  public func coefficient(_ kind: Correlation) -> Double? {
    coefficient(kind, counts: [Int32](repeating: 1, count: groupCount))
  }

  /// A correlation of a sample of the pairs; nil where it is not defined.
  ///
  /// - Parameter counts: how often each group is in the sample; nil is returned where they are not one a group, or
  ///   one is below zero.
  public func coefficient(_ kind: Correlation, counts: [Int32]) -> Double? {
    guard counts.count == groupCount, counts.allSatisfy({ $0 >= 0 }) else { return nil }
    switch kind {
    case .kendallB: return KendallCounts(self, counts: counts).tauB
    case .kendallC: return KendallCounts(self, counts: counts).tauC
    case .spearman: return spearman(counts)
    case .pearson: return pearson(counts)
    }
  }
}
