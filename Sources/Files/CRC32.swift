import CZlib

/// The CRC-32 of zip and gzip, fed piece by piece.
package struct CRC32 {
  /// The sum of all pieces.
  package private(set) var value: UInt32 = 0

  /// Starts with nothing.
  package init() {}

  /// Takes the next piece.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let sum = bytes.withMemoryRebound(to: UInt8.self) {
      crc32_z(UInt(value), $0.baseAddress, z_size_t($0.count))
    }
    value = UInt32(truncatingIfNeeded: sum)
  }

  /// The sum of `bytes`.
  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum = CRC32()
    sum.update(bytes)
    return sum.value
  }
}
