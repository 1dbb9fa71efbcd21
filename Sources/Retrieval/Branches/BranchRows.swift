/// Rows of 32 bytes in memory, row after row; they are needed while trees are built, and not afterwards.
package struct BranchRows: Sendable {
  /// The number of rows.
  package let count: Int
  /// The bytes, count × 32.
  package let bytes: [UInt8]

  /// Creates rows that `fill` writes.
  package init(count: Int, fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    self.count = count
    bytes = [UInt8](unsafeUninitializedCapacity: count * BranchFeatures.count) { buffer, written in
      if let start = buffer.baseAddress { fill(start) }
      written = count * BranchFeatures.count
    }
  }

  /// Copies the 32 bytes of a row.
  package func copyRow(_ row: Int, to destination: UnsafeMutablePointer<UInt8>) {
    for index in 0..<BranchFeatures.count { destination[index] = bytes[row * BranchFeatures.count + index] }
  }
}
