#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory for numbers, aligned to 64 bytes.
package final class AlignedBuffer: @unchecked Sendable {
  // Unchecked: whoever holds a buffer decides who writes to it; nothing here changes after `init`.

  /// The first byte.
  package let start: UnsafeMutableRawPointer
  /// The size, rounded up to a multiple of 64.
  package let byteCount: Int

  /// Takes memory, which is not cleared.
  ///
  /// - Throws: ``ComputeError/outOfMemory(bytes:)``.
  package init(byteCount: Int) throws {
    let rounded = max(64, (byteCount + 63) / 64 * 64)
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, 64, rounded) == 0, let pointer else {
      throw ComputeError.outOfMemory(bytes: rounded)
    }
    start = pointer
    self.byteCount = rounded
  }

  deinit { free(start) }

  /// The memory as numbers of one type.
  package func bound<T: BitwiseCopyable>(to type: T.Type) -> UnsafeMutablePointer<T> {
    start.bindMemory(to: type, capacity: byteCount / MemoryLayout<T>.stride)
  }
}
