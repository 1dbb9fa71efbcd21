package import Compute

/// Grows a box around one positive in the space of a subset of features.
///
/// The box begins as the positive alone. The other positives that no box covers yet are offered to it, the nearest first: the box that has
/// one of them too is kept if it is purer. Then its sides are moved outward, to the middle between its last value and the first negative's.
///
/// Purity is Gini's: with weights `P` of positives and `N` of negatives, a part has the impurity `2PN / (P + N)`, and a box the sum of
/// inside and outside. CLIP-Branches walks outward value by value, one feature after the other; this walks from positive to positive in
/// all features at once, so that a box grows where no other row lies beside it in all features but one, and the order of features
/// matters for the sides alone.
package struct BoxGrowth {
  package let training: BranchTraining
  /// What each row counts now: positives that are covered count nothing.
  package var weights: [UInt32]

  /// The most positives that a box is offered. CLIP-Branches looks at as many values on a side, or at 1.5 for each positive if that is less.
  private static let offers = 50

  /// A box and how pure it is.
  package struct Box {
    var lower: [UInt8]
    var upper: [UInt8]
    /// The weighted impurity, inside and outside; the lower the better.
    var impurity: Double
  }

  package init(_ training: BranchTraining) {
    self.training = training
    weights = training.weights
  }

  /// The positives that count and that no box covers yet.
  package var uncovered: [Int] { (0..<training.positiveCount).filter { weights[$0] > 0 } }

  /// The purest box around a positive.
  ///
  /// - Parameter inside: room for a mark of each row.
  package func grow(around seed: Int, others: [Int], subset: BranchSubset, inside: inout [UInt8]) -> Box {
    let values = { (row: Int) in subset.features.map { training.columns[$0 * training.count + row] } }
    let center = values(seed)
    var best = Box(lower: center, upper: center, impurity: .infinity)
    best.impurity = impurity(of: best, subset, &inside)
    let offers = others.map { row in
      let point = values(row)
      return (
        distance: zip(point, center).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }, row: row, point: point
      )
    }
    .sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
    for offer in offers.prefix(Self.offers) {
      var box = best
      for (lane, value) in offer.point.enumerated() {
        box.lower[lane] = min(box.lower[lane], value)
        box.upper[lane] = max(box.upper[lane], value)
      }
      guard box.lower != best.lower || box.upper != best.upper else { continue }
      box.impurity = impurity(of: box, subset, &inside)
      if box.impurity < best.impurity { best = box }
    }
    return best
  }

  /// A box whose sides are moved outward, one after the other in random order, and that has no more negatives than before.
  ///
  /// A side moves to the middle between the box and the nearest negative beyond it, among those that the other sides let in; where there is
  /// none, to the end.
  package func widened(_ box: Box, subset: BranchSubset, random: inout SplitMix) -> Box {
    var box = box
    let negatives = (training.positiveCount..<training.count).filter { weights[$0] > 0 }
    for lane in random.choose(subset.count, of: Array(0..<subset.count)) {
      var (below, above) = (-1, 256)
      let (lower, upper) = (Int(box.lower[lane]), Int(box.upper[lane]))
      for row in negatives where isInside(row, box, subset, without: lane) {
        let value = Int(training.columns[subset.features[lane] * training.count + row])
        if value < lower { below = max(below, value) }
        if value > upper { above = min(above, value) }
      }
      box.lower[lane] = below < 0 ? 0 : UInt8((lower + below + 1) / 2)
      box.upper[lane] = above > 255 ? 255 : UInt8((upper + above) / 2)
    }
    return box
  }

  /// Marks the positives of a box as covered.
  package mutating func cover(_ box: Box, subset: BranchSubset) {
    for row in 0..<training.positiveCount where isInside(row, box, subset, without: nil) { weights[row] = 0 }
  }

  private func isInside(_ row: Int, _ box: Box, _ subset: BranchSubset, without: Int?) -> Bool {
    subset.features.indices.allSatisfy { lane in
      let value = training.columns[subset.features[lane] * training.count + row]
      return lane == without || (box.lower[lane]...box.upper[lane]).contains(value)
    }
  }

  /// The sum of `PN / (P + N)` inside and outside, half of Gini's impurity.
  private func impurity(of box: Box, _ subset: BranchSubset, _ inside: inout [UInt8]) -> Double {
    let count = training.count
    return training.columns.withUnsafeBufferPointer { columns in
      inside.withUnsafeMutableBufferPointer { inside in
        for (lane, feature) in subset.features.enumerated() {
          let (start, width) = (box.lower[lane], box.upper[lane] &- box.lower[lane])
          let column = UnsafeBufferPointer(rebasing: columns[(feature * count)..<((feature + 1) * count)])
          if lane == 0 {
            for row in 0..<count { inside[row] = column[row] &- start <= width ? 1 : 0 }
          } else {
            for row in 0..<count { inside[row] &= column[row] &- start <= width ? 1 : 0 }
          }
        }
        let positives = weigh(0..<training.positiveCount, inside)
        let negatives = weigh(training.positiveCount..<count, inside)
        return Self.half(positives.inside, negatives.inside) + Self.half(positives.outside, negatives.outside)
      }
    }
  }

  private func weigh(
    _ rows: Range<Int>, _ inside: UnsafeMutableBufferPointer<UInt8>
  ) -> (inside: Double, outside: Double) {
    var (all, taken) = (UInt32(0), UInt32(0))
    weights.withUnsafeBufferPointer { weights in
      for row in rows {
        all &+= weights[row]
        taken &+= weights[row] &* UInt32(inside[row])
      }
    }
    return (Double(taken), Double(all - taken))
  }

  private static func half(_ positives: Double, _ negatives: Double) -> Double {
    positives + negatives > 0 ? positives * negatives / (positives + negatives) : 0
  }
}
