import Compute

/// The features that a tree and its boxes see: some of the 32, ascending.
package struct BranchSubset: Sendable, Equatable {
  /// The features, each below 32 and above the one before.
  package let features: [Int]

  /// The number of features.
  package var count: Int { features.count }

  /// Creates a subset; nil unless there are one to eight features, ascending.
  package init?(_ features: [Int]) {
    guard (1...8).contains(features.count), features.allSatisfy((0..<BranchFeatures.count).contains),
      zip(features, features.dropFirst()).allSatisfy(<)
    else { return nil }
    self.features = features
  }

  /// How many subsets of how many features CLIP-Branches has.
  package static let published: [(features: Int, subsets: Int)] = [(4, 64), (6, 32), (8, 8)]
  /// The most trees there are, 104.
  package static let maximumCount = published.reduce(0) { $0 + $1.subsets }

  /// The subsets of a seed, at most 104.
  ///
  /// The three sizes take turns as long as they last, so that few trees have all sizes too, and the first subsets of a seed are the same
  /// however many are asked for.
  package static func random(seed: UInt64) -> [BranchSubset] {
    var random = SplitMix(seed: seed)
    var subsets: [BranchSubset] = []
    for turn in 0..<(published.map(\.subsets).max() ?? 0) {
      for size in published where turn < size.subsets {
        while let subset = BranchSubset(random.sample(size.features, below: BranchFeatures.count)) {
          guard !subsets.contains(subset) else { continue }
          subsets.append(subset)
          break
        }
      }
    }
    return subsets
  }
}
