import Foundation

import Compute
import Retrieval

/// Rows of 32 bytes in a few clusters, some equal to others, that follow from a seed.
func someRows(_ count: Int, seed: UInt64 = 1, clusters: Int = 20, spread: Int = 40) -> BranchRows {
  var random = SplitMix(seed: seed)
  let centers = (0..<(clusters * 32)).map { _ in 60 + random.next(below: 136) }
  return BranchRows(count: count) { bytes in
    for row in 0..<count {
      if row % 11 == 10 {
        for feature in 0..<32 { bytes[row * 32 + feature] = bytes[(row - 3) * 32 + feature] }
        continue
      }
      for feature in 0..<32 {
        let noise = random.next(below: spread + 1) + random.next(below: spread + 1) - spread
        bytes[row * 32 + feature] = UInt8(max(0, min(255, centers[row % clusters * 32 + feature] + noise)))
      }
    }
  }
}

extension BranchRows {
  func contains(_ row: Int, in box: BranchBox) -> Bool {
    box.subset.features.enumerated().allSatisfy { lane, feature in
      (box.lower[lane]...box.upper[lane]).contains(bytes[row * 32 + feature])
    }
  }
}

/// The memory that so many trees of these rows need.
func memory(for rows: BranchRows, trees: Int, seed: UInt64 = 0, leafSize: Int) -> Int {
  BranchLayout(
    rowCount: rows.count, leafSize: leafSize, subsets: Array(BranchSubset.random(seed: seed).prefix(trees))
  ).byteCount
}

func someTrees(_ rows: BranchRows, trees: Int = 12, leafSize: Int = 50, seed: UInt64 = 0, threads: Int? = nil)
  throws
  -> BranchTrees
{
  try BranchTrees(
    rows, memory: memory(for: rows, trees: trees, seed: seed, leafSize: leafSize), leafSize: leafSize,
    seed: seed,
    threads: threads)
}

extension BranchTrees {
  /// What a file of the trees has.
  var content: [UInt8] { memory.withBytes { Array($0) } }
}

/// A place for a file that is removed afterwards.
func withTemporaryFile<T>(_ body: (URL) throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.appendingPathComponent("trees"))
}
