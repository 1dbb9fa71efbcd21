package import Compute

/// The rows that boxes are grown from: the positives first, then the marked negatives, then random ones.
package struct BranchTraining: Sendable {
  /// The number of rows.
  package let count: Int
  /// How many of them are positive.
  package let positiveCount: Int
  /// The bytes feature by feature, (32, count).
  package let columns: [UInt8]
  /// What each row counts.
  package let weights: [UInt32]

  /// Throws ``BranchError/noPositives``, ``BranchError/noSuchRow(row:count:)``, ``BranchError/markedTwice(row:)``.
  package init(
    positives: [Int], negatives: [Int], rowCount: Int, options: BranchOptions,
    copyRow: (Int, UnsafeMutablePointer<UInt8>) -> Void
  ) throws {
    guard !positives.isEmpty else { throw BranchError.noPositives }
    let positive = Set(positives)
    let marked = positive.union(negatives)
    for row in marked where !(0..<rowCount).contains(row) {
      throw BranchError.noSuchRow(row: row, count: rowCount)
    }
    if let row = negatives.first(where: positive.contains) { throw BranchError.markedTwice(row: row) }
    var random = SplitMix(seed: options.seed, part: -1)
    let drawn = random.sample(options.randomNegatives, below: rowCount, excluded: marked.count) {
      marked.contains($0)
    }
    let known = Set(negatives).sorted()
    let rows = positive.sorted() + known + drawn
    let count = rows.count
    columns = [UInt8](unsafeUninitializedCapacity: count * BranchFeatures.count) { buffer, written in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: BranchFeatures.count) { bytes in
        guard let start = bytes.baseAddress else { return }
        for (place, row) in rows.enumerated() {
          copyRow(row, start)
          for feature in 0..<BranchFeatures.count { buffer[feature * count + place] = start[feature] }
        }
      }
      written = count * BranchFeatures.count
    }
    weights =
      [UInt32](repeating: 1, count: positive.count)
      + [UInt32](repeating: UInt32(options.negativeWeight), count: known.count)
      + [UInt32](repeating: UInt32(options.randomNegativeWeight), count: drawn.count)
    self.count = count
    positiveCount = positive.count
  }

  private init(_ other: BranchTraining, weights: [UInt32]) {
    (count, positiveCount, columns) = (other.count, other.positiveCount, other.columns)
    self.weights = weights
  }

  /// As many rows drawn with replacement: a row counts as often as it is drawn, and one positive at least is.
  package func resampled(_ random: inout SplitMix) -> BranchTraining {
    var draws = [UInt32](repeating: 0, count: count)
    for _ in 0..<count { draws[random.next(below: count)] += 1 }
    if draws.prefix(positiveCount).allSatisfy({ $0 == 0 }) { draws[random.next(below: positiveCount)] = 1 }
    return BranchTraining(self, weights: zip(weights, draws).map { $0 * $1 })
  }
}
