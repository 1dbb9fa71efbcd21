import Files
package import Foundation

extension BranchTrees {
  /// Writes the trees to a file, which appears whole or not at all and replaces an older one in a single step. Throws `FileWriteError`.
  package func write(to url: URL) throws {
    let file = try AtomicFile(url)
    try memory.withBytes { try file.write(UnsafeRawBufferPointer($0)) }
    try file.commit()
  }

  /// Maps the trees of a file: what a query needs is read when it is needed, and processes share the memory.
  ///
  /// - Parameters:
  ///   - isVerified: whether the whole file is read once to compare its checksums. Without, only the header is checked: damage to the
  ///     rest then makes wrong hits, but no crash.
  ///   - threads: the number of threads; nil for one for each CPU core.
  /// - Throws: `FileReadError`, ``BranchError/damaged(path:key:expected:found:)``.
  package init(contentsOf url: URL, isVerified: Bool = true, threads: Int? = nil) throws {
    let memory = try BranchMemory(mapping: url)
    let (seed, layout, checksums) = try memory.withBytes {
      try BranchFile.readHeader(UnsafeRawBufferPointer($0), path: url.path)
    }
    if isVerified {
      let found = Parallel.map(checksums.count, threads: threads) { tree in
        memory.withBytes { BranchFile.checksum(of: tree, in: $0, layout) }
      }
      for index in checksums.indices where found[index] != checksums[index] {
        throw BranchError.damaged(
          path: url.path, key: "checksum of tree \(index)", expected: "\(checksums[index])",
          found: "\(found[index])")
      }
    }
    self.init(seed: seed, layout: layout, memory: memory)
  }
}
