/// What Kendall's τ is made of, counted in O(n log m) for m different values of the list that has fewer
/// (Knight 1966, with sums by value in place of a merge sort, so that a pair may count several times).
struct KendallCounts: Sendable {
  /// How many pairs of numbers count.
  private(set) var count = 0
  /// Pairs of pairs in the same order, less those in opposite order.
  private(set) var balance = 0
  /// Pairs of pairs that are equal in the sorted list.
  private(set) var sortedTies = 0
  /// Pairs of pairs that are equal in the other list.
  private(set) var otherTies = 0
  /// How many different values of the sorted list count.
  private(set) var sortedClasses = 0
  /// How many different values of the other list count.
  private(set) var otherClasses = 0

  init(_ sample: PairedSample, counts: [Int32]) {
    var sums = LevelSums(levelCount: sample.levelCount)
    var start = 0
    for end in sample.runEnds {
      var own = 0
      var balance = 0
      for place in start..<Int(end) {
        let weight = Int(counts[Int(sample.groups[place])])
        balance += weight * sums.balance(at: Int(sample.levels[place]))
        own += weight
      }
      for place in start..<Int(end) {
        sums.add(Int(counts[Int(sample.groups[place])]), at: Int(sample.levels[place]))
      }
      start = Int(end)
      self.balance += balance
      count += own
      sortedTies += Self.pairs(own)
      sortedClasses += own > 0 ? 1 : 0
    }
    for level in 0..<sample.levelCount {
      let own = sums.total(of: level)
      otherTies += Self.pairs(own)
      otherClasses += own > 0 ? 1 : 0
    }
  }

  private static func pairs(_ count: Int) -> Int { count * (count - 1) / 2 }

  /// τ-b: `(P − Q) / √((n₀ − n₁)(n₀ − n₂))` with n₀ = n(n − 1)/2.
  var tauB: Double? {
    let all = Self.pairs(count)
    guard sortedTies < all, otherTies < all else { return nil }
    let value =
      Double(balance) / Double(all - sortedTies).squareRoot() / Double(all - otherTies).squareRoot()
    return min(1, max(-1, value))
  }

  /// τ-c: `2 (P − Q) / (n² (m − 1) / m)` with the smaller number m of different values.
  var tauC: Double? {
    let all = Self.pairs(count)
    guard sortedTies < all, otherTies < all else { return nil }
    let classes = Double(min(sortedClasses, otherClasses))
    let value = 2 * Double(balance) / (Double(count) * Double(count) * (classes - 1) / classes)
    return min(1, max(-1, value))
  }
}

/// Sums by level, and of all levels below one: a row of running sums where the levels are few, as with ratings, and a
/// binary indexed tree (Fenwick 1994) where they are many.
private struct LevelSums {
  private let isFew: Bool
  private let levelCount: Int
  /// With few levels, the sum of those below each, and then of all; otherwise the tree, from index 1 on.
  private var sums: [Int]
  private var totals: [Int]
  private var all = 0

  init(levelCount: Int) {
    isFew = levelCount <= 32
    self.levelCount = levelCount
    sums = Array(repeating: 0, count: levelCount + 1)
    totals = Array(repeating: 0, count: isFew ? 0 : levelCount)
  }

  /// The sum of the levels below, less that of the levels above.
  func balance(at level: Int) -> Int {
    if isFew { return sums[level] + sums[level + 1] - all }
    var below = 0
    var node = level
    while node > 0 {
      below += sums[node]
      node &= node - 1
    }
    return 2 * below + totals[level] - all
  }

  func total(of level: Int) -> Int { isFew ? sums[level + 1] - sums[level] : totals[level] }

  mutating func add(_ weight: Int, at level: Int) {
    all += weight
    if isFew {
      for index in (level + 1)...levelCount { sums[index] += weight }
      return
    }
    totals[level] += weight
    var node = level + 1
    while node <= levelCount {
      sums[node] += weight
      node += node & -node
    }
  }
}
