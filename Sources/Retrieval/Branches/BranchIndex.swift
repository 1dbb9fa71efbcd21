public import CLIP
import Files
public import Foundation

/// The trees of an index, with the features that they are over: what finds images like those that are marked without comparing all.
///
/// ```swift
/// let branches = try BranchIndex(embeddings, memory: 4 << 30)
/// try branches.write(to: folder)
/// print(branches.treeCount)
/// ```
public struct BranchIndex: Sendable {
  package let features: BranchFeatures
  package let trees: BranchTrees

  /// The number of trees: as many as the memory allowed, up to 104.
  public var treeCount: Int { trees.count }
  /// The rows that the trees have.
  public var rowCount: Int { trees.rowCount }
  /// The bytes of the trees.
  public var byteCount: Int { trees.byteCount }

  /// Builds as many trees as memory allows.
  ///
  /// - Throws: ``BranchError/tooLittleMemory(given:needed:)``, `ComputeError`.
  public init(_ rows: Embeddings, memory: Int, threads: Int? = nil) throws {
    features = BranchFeatures(
      fitting: rows, try CatalogueStatistics(rows, threads: threads), threads: threads)
    trees = try BranchTrees(features.quantize(rows, threads: threads), memory: memory, threads: threads)
  }

  /// Opens trees in the folder of an index; nil where there are none.
  ///
  /// - Throws: ``BranchError/damaged(path:key:expected:found:)``, `FileReadError`.
  public init?(contentsOf folder: URL) throws {
    let (treeFile, featureFile) = Self.files(folder)
    guard FileManager.default.fileExists(atPath: treeFile.path) else { return nil }
    func damaged(_ found: String) -> BranchError {
      .damaged(path: featureFile.path, key: "the features", expected: "those of the trees", found: found)
    }
    guard let file = try? Data(contentsOf: featureFile) else { throw damaged("no file that can be read") }
    guard let features = try? JSONDecoder().decode(BranchFeatures.self, from: file) else {
      throw damaged("another text")
    }
    self.features = features
    trees = try BranchTrees(contentsOf: treeFile, isVerified: false)
  }

  /// Writes both files to the folder of an index. Throws `FileWriteError`.
  public func write(to folder: URL) throws {
    let (treeFile, featureFile) = Self.files(folder)
    // Trees without their features would be worth nothing, and with other ones worse.
    try? FileManager.default.removeItem(at: treeFile)
    try AtomicFile.write(String(decoding: JSONEncoder().encode(features), as: UTF8.self), to: featureFile)
    try trees.write(to: treeFile)
  }

  private static func files(_ folder: URL) -> (trees: URL, features: URL) {
    (folder.appendingPathComponent("branches"), folder.appendingPathComponent("branches.json"))
  }

  /// The rows in boxes around the good ones, and those that are newer than the trees; nil where nothing is good.
  ///
  /// Of one member: an ensemble's majority leaves next to nothing where few images are marked, and what a box has too much comes last
  /// when the rows are ranked.
  ///
  /// - Throws: ``BranchError``.
  package func rows(like good: [Int], unlike bad: [Int], in embeddings: Embeddings, threads: Int? = nil)
    throws
    -> [Int]?
  {
    let (good, bad) = (good.filter { $0 < rowCount }, bad.filter { $0 < rowCount && !good.contains($0) })
    guard !good.isEmpty else { return nil }
    var options = BranchOptions()
    // Of a small catalogue, random rows are too often good ones.
    options.randomNegatives = min(options.randomNegatives, rowCount / 100)
    let branches = try DecisionBranches(
      trees, positives: good, negatives: bad, options: options, threads: threads
    ) { row, bytes in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, embeddings.dimension)) { memory in
        guard let start = memory.baseAddress else { return }
        embeddings.copyRow(row, to: start)
        features.quantize(start, to: bytes)
      }
    }
    return try branches.hits(in: trees, threads: threads).map(\.row)
      + Array(rowCount..<max(rowCount, embeddings.count))
  }
}
