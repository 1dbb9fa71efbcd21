import Compute

/// Where everything lies in the memory of trees, which is the content of their file too.
///
/// ```
/// header      64 bytes
/// directory   24 bytes a tree: number of features (1), features (8), zeros (7), checksum of the tree (8)
/// each tree   rows    4 bytes a row, in the order of the leaves
///             bounds  per node, lowest then highest value of each feature
///             values  per leaf, one column of bytes for each feature
/// ```
///
/// Each part begins at a multiple of 64 bytes; integers are little-endian. Trees are balanced: a node divides its rows in halves, so that
/// the number of rows and the depth say where every node lies, and nothing in a file is an address.
package struct BranchLayout: Sendable, Equatable {
  /// The number of rows, the same in each tree.
  package let rowCount: Int
  /// The most rows of a leaf.
  package let leafSize: Int
  /// The features of each tree.
  package let subsets: [BranchSubset]
  /// Levels below the root: there are 2^depth leaves, of `leafSize` / 2 to `leafSize` rows.
  package let depth: Int
  /// Where each tree's rows begin, and at last where the file ends.
  package let offsets: [Int]

  package static let headerSize = 64
  package static let entrySize = 24

  package init(rowCount: Int, leafSize: Int, subsets: [BranchSubset]) {
    var depth = 0
    while rowCount > leafSize << depth { depth += 1 }
    var offsets = [Self.rounded(Self.headerSize + Self.entrySize * subsets.count)]
    for subset in subsets {
      let size = Self.size(rowCount: rowCount, depth: depth, features: subset.count)
      offsets.append((offsets.last ?? 0) + size)
    }
    (self.rowCount, self.leafSize, self.subsets) = (rowCount, leafSize, subsets)
    (self.depth, self.offsets) = (depth, offsets)
  }

  /// The bytes of all.
  package var byteCount: Int { offsets.last ?? 0 }
  package var leafCount: Int { 1 << depth }
  /// Nodes in the order of levels: the children of node `n` are 2n + 1 and 2n + 2.
  package var nodeCount: Int { 2 * leafCount - 1 }

  /// The rows of node `index` of a level, as places in the tree.
  package func places(level: Int, index: Int) -> Range<Int> {
    ((rowCount * index) >> level)..<((rowCount * (index + 1)) >> level)
  }

  /// A tree's parts in memory.
  package func tree(_ index: Int, in bytes: UnsafeMutableRawBufferPointer) -> BranchTree? {
    guard let base = bytes.baseAddress, subsets.indices.contains(index), byteCount <= bytes.count else {
      return nil
    }
    let features = subsets[index].count
    let start = base + offsets[index]
    let bounds = start + Self.rounded(4 * rowCount)
    return BranchTree(
      layout: self, featureCount: features, rows: start.assumingMemoryBound(to: UInt32.self),
      bounds: bounds.assumingMemoryBound(to: UInt8.self),
      values: (bounds + Self.rounded(2 * features * nodeCount)).assumingMemoryBound(to: UInt8.self))
  }

  private static func size(rowCount: Int, depth: Int, features: Int) -> Int {
    rounded(4 * rowCount) + rounded(2 * features * (2 << depth - 1)) + rounded(features * rowCount)
  }

  private static func rounded(_ count: Int) -> Int { count.roundedUp(toMultipleOf: 64) }
}

/// One tree in memory that its owner keeps alive.
package struct BranchTree {
  package let layout: BranchLayout
  package let featureCount: Int
  /// The row at each place.
  package let rows: UnsafeMutablePointer<UInt32>
  /// For each node the lowest values, then the highest: (nodes, 2, features).
  package let bounds: UnsafeMutablePointer<UInt8>
  /// For each leaf one column of values a feature: (features, rows of the leaf).
  package let values: UnsafeMutablePointer<UInt8>
}
