import Foundation

/// k-d trees over random subsets of the 32 features, which give the rows inside a box without reading all rows.
///
/// CLIP-Branches has 104 trees: 64 over 4 features, 32 over 6 and 8 over 8, with leaves of 500 rows. A tree costs 4 bytes a row and one
/// more for each of its features, so that there are as many as the memory holds: at 10 million rows all 104 need 9.3 GB.
package struct BranchTrees: Sendable {
  /// What the subsets follow from.
  package let seed: UInt64
  package let layout: BranchLayout
  package let memory: BranchMemory

  /// The number of rows.
  package var rowCount: Int { layout.rowCount }
  /// The number of trees.
  package var count: Int { layout.subsets.count }
  /// The features of each tree.
  package var subsets: [BranchSubset] { layout.subsets }
  /// The bytes of all trees, in memory and in a file.
  package var byteCount: Int { layout.byteCount }

  package init(seed: UInt64, layout: BranchLayout, memory: BranchMemory) {
    (self.seed, self.layout, self.memory) = (seed, layout, memory)
  }

  /// Builds as many trees as memory allows, up to 104.
  ///
  /// The same rows, memory and seed give the same trees, whatever the number of threads.
  ///
  /// - Parameters:
  ///   - rows: 32 bytes a row; not needed afterwards.
  ///   - limit: the most bytes of the trees. While it builds, each thread needs 8 bytes a row besides.
  ///   - leafSize: the most rows of a leaf.
  ///   - threads: the number of threads; nil for one for each CPU core.
  /// - Throws: ``BranchError/tooLittleMemory(given:needed:)``, ``BranchError/tooManyRows(count:)``,
  ///   ``BranchError/badOption(name:expected:found:)``.
  package init(
    _ rows: BranchRows, memory limit: Int, leafSize: Int = 500, seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    guard rows.count <= BranchFile.maximumRows else { throw BranchError.tooManyRows(count: rows.count) }
    guard BranchFile.leafSizes.contains(leafSize) else {
      throw BranchError.badOption(name: "leafSize", expected: "2 to 65536", found: "\(leafSize)")
    }
    let subsets = BranchSubset.random(seed: seed)
    let layouts = (1...subsets.count).map {
      BranchLayout(rowCount: rows.count, leafSize: leafSize, subsets: Array(subsets.prefix($0)))
    }
    guard let layout = layouts.last(where: { $0.byteCount <= limit }),
      let memory = BranchMemory(count: layout.byteCount)
    else { throw BranchError.tooLittleMemory(given: limit, needed: layouts[0].byteCount) }
    let checksums = Parallel.map(layout.subsets.count, threads: threads) { index in
      memory.withBytes { bytes in
        if let tree = layout.tree(index, in: bytes) {
          BranchTreeBuilder.build(tree, of: layout.subsets[index], from: rows)
        }
        return BranchFile.checksum(of: index, in: bytes, layout)
      }
    }
    self.init(seed: seed, layout: layout, memory: memory)
    memory.withBytes { BranchFile.writeHeader(of: self, checksums: checksums, to: $0) }
  }
}
