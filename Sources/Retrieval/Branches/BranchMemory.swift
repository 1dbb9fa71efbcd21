import Files
package import Foundation

/// The bytes of trees: of our own, filled once while the trees are built, or those of a file that is mapped for reading.
///
/// A file that another program shortens while it is mapped ends the process when the lost part is read; that is why it is
/// replaced by renaming and not by writing over it.
package final class BranchMemory: @unchecked Sendable {
  // Unchecked: after the builder is done nobody writes, and its threads write to parts that do not overlap.

  private let bytes: UnsafeMutableRawBufferPointer
  /// Whoever else keeps the bytes.
  private let file: MappedFile?

  /// Zeros, which cost memory only when they are written to; nil where there is not so much.
  package init?(count: Int) {
    guard let start = calloc(max(1, count), 1) else { return nil }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    file = nil
  }

  /// Those of a file. Throws `FileReadError`.
  package init(mapping url: URL) throws {
    let file = try MappedFile(url)
    bytes = UnsafeMutableRawBufferPointer(mutating: file.bytes)
    self.file = file
  }

  /// Lends all bytes, which stay as long as `body` runs; only the builder may write to them.
  package func withBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows -> Result
  {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit { if file == nil { free(bytes.baseAddress) } }
}
