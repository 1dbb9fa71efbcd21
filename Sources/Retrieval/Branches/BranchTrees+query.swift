/// An axis-aligned box in the space of a tree's features.
package struct BranchBox: Sendable, Equatable {
  /// The tree.
  package let tree: Int
  /// The tree's features.
  package let subset: BranchSubset
  /// The lowest value inside, for each feature.
  package let lower: [UInt8]
  /// The highest value inside, for each feature.
  package let upper: [UInt8]

  package init(tree: Int, subset: BranchSubset, lower: [UInt8], upper: [UInt8]) {
    (self.tree, self.subset, self.lower, self.upper) = (tree, subset, lower, upper)
  }
}

extension BranchTrees {
  /// The rows inside a box, in the order of the tree.
  ///
  /// - Throws: ``BranchError/otherTrees`` where the box was grown for trees with other features.
  package func rows(in box: BranchBox) throws -> [UInt32] {
    guard subsets.indices.contains(box.tree), subsets[box.tree] == box.subset,
      box.lower.count == box.subset.count, box.upper.count == box.subset.count
    else { throw BranchError.otherTrees }
    return memory.withBytes { bytes in
      guard let tree = layout.tree(box.tree, in: bytes) else { return [] }
      var query = RangeQuery(tree: tree, lower: box.lower, upper: box.upper)
      query.visit(level: 0, index: 0)
      return query.found
    }
  }
}

/// A walk over a tree that collects the rows of a box.
private struct RangeQuery {
  package let tree: BranchTree
  package let lower: [UInt8]
  package let upper: [UInt8]
  package var found: [UInt32] = []
  /// Whether each row of a leaf is inside, as 1 or 0.
  private var inside: [UInt8]

  package init(tree: BranchTree, lower: [UInt8], upper: [UInt8]) {
    (self.tree, self.lower, self.upper) = (tree, lower, upper)
    inside = [UInt8](repeating: 0, count: tree.layout.leafSize)
  }

  package mutating func visit(level: Int, index: Int) {
    let count = tree.featureCount
    let lowest = tree.bounds + ((1 << level) - 1 + index) * 2 * count
    let highest = lowest + count
    var isInside = true
    for lane in 0..<count {
      if lowest[lane] > upper[lane] || highest[lane] < lower[lane] { return }
      if lowest[lane] < lower[lane] || highest[lane] > upper[lane] { isInside = false }
    }
    if isInside {
      let places = tree.layout.places(level: level, index: index)
      found.append(contentsOf: UnsafeBufferPointer(start: tree.rows + places.lowerBound, count: places.count))
    } else if level < tree.layout.depth {
      visit(level: level + 1, index: 2 * index)
      visit(level: level + 1, index: 2 * index + 1)
    } else {
      check(tree.layout.places(level: level, index: index), lowest, highest)
    }
  }

  /// Takes those rows of a leaf that are inside; a feature whose bounds are inside says nothing and is skipped.
  private mutating func check(
    _ places: Range<Int>, _ lowest: UnsafePointer<UInt8>, _ highest: UnsafePointer<UInt8>
  ) {
    let values = tree.values + places.lowerBound * tree.featureCount
    inside.withUnsafeMutableBufferPointer { buffer in
      guard let inside = buffer.baseAddress else { return }
      for offset in 0..<places.count { inside[offset] = 1 }
      for lane in 0..<tree.featureCount where lowest[lane] < lower[lane] || highest[lane] > upper[lane] {
        let column = values + lane * places.count
        let (start, width) = (lower[lane], upper[lane] &- lower[lane])
        for offset in 0..<places.count {
          inside[offset] &= column[offset] &- start <= width ? 1 : 0
        }
      }
      for offset in 0..<places.count where inside[offset] != 0 {
        found.append(tree.rows[places.lowerBound + offset])
      }
    }
  }
}
