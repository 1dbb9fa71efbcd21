/// Builds one k-d tree: each node is divided in halves at the median of the feature whose values lie furthest apart.
///
/// Nodes have tight bounds, so that rows with the value of the median may go to either side.
package struct BranchTreeBuilder {
  package let tree: BranchTree
  /// The values of the tree's features, one feature in a lane, in the order of `tree.rows`; 8 bytes a row while the tree is built.
  package let records: UnsafeMutablePointer<SIMD8<UInt8>>

  /// Builds the tree of a subset over rows.
  package static func build(_ tree: BranchTree, of subset: BranchSubset, from rows: BranchRows) {
    let records = UnsafeMutablePointer<SIMD8<UInt8>>.allocate(capacity: max(1, rows.count))
    defer { records.deallocate() }
    rows.bytes.withUnsafeBufferPointer { bytes in
      for row in 0..<rows.count {
        var record = SIMD8<UInt8>.zero
        for (lane, feature) in subset.features.enumerated() {
          record[lane] = bytes[row * BranchFeatures.count + feature]
        }
        records[row] = record
        tree.rows[row] = UInt32(truncatingIfNeeded: row)
      }
    }
    BranchTreeBuilder(tree: tree, records: records).node(level: 0, index: 0)
  }

  private func node(level: Int, index: Int) {
    let places = tree.layout.places(level: level, index: index)
    var lower = SIMD8<UInt8>(repeating: 255)
    var upper = SIMD8<UInt8>.zero
    for place in places {
      lower = pointwiseMin(lower, records[place])
      upper = pointwiseMax(upper, records[place])
    }
    let bounds = tree.bounds + ((1 << level) - 1 + index) * 2 * tree.featureCount
    for lane in 0..<tree.featureCount {
      bounds[lane] = lower[lane]
      bounds[tree.featureCount + lane] = upper[lane]
    }
    guard level < tree.layout.depth else { return writeLeaf(places) }
    let spread = upper &- lower
    let lane = (0..<tree.featureCount).max { spread[$0] < spread[$1] } ?? 0
    let middle = tree.layout.places(level: level + 1, index: 2 * index).upperBound
    if spread[lane] > 0 { divide(places, at: middle, by: lane) }
    node(level: level + 1, index: 2 * index)
    node(level: level + 1, index: 2 * index + 1)
  }

  /// Brings the lower values of a feature before `middle`, and the higher ones behind it.
  private func divide(_ places: Range<Int>, at middle: Int, by lane: Int) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { counts in
      counts.initialize(repeating: 0)
      let bytes = UnsafePointer<UInt8>(OpaquePointer(records)) + lane
      for place in places { counts[Int(bytes[8 * place])] += 1 }
      var median = 0
      var below = 0
      while below + counts[median] < middle - places.lowerBound {
        below += counts[median]
        median += 1
      }
      // Lower values to the front; behind them come enough of the median itself.
      let value = UInt8(median)
      let start = partition(places, until: places.lowerBound + below) { bytes[8 * $0] < value }
      _ = partition(start..<places.upperBound, until: middle) { bytes[8 * $0] == value }
    }
  }

  /// Brings places that belong to the front there until the front ends at `end`; returns `end`.
  private func partition(_ places: Range<Int>, until end: Int, _ isFront: (Int) -> Bool) -> Int {
    var back = places.upperBound - 1
    for front in places.lowerBound..<end where !isFront(front) {
      while back >= end, !isFront(back) { back -= 1 }
      guard back >= end else { break }
      swap(&records[front], &records[back])
      swap(&tree.rows[front], &tree.rows[back])
    }
    return end
  }

  private func writeLeaf(_ places: Range<Int>) {
    let values = tree.values + places.lowerBound * tree.featureCount
    for lane in 0..<tree.featureCount {
      let column = values + lane * places.count
      for (offset, place) in places.enumerated() { column[offset] = records[place][lane] }
    }
  }
}
