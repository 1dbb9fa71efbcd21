import FoundationEssentials

/// Little-endian integers and runs of bytes, read in order and never past the end.
package struct ByteReader {
  private let source: UnsafeRawBufferPointer
  private let file: MappedFile
  package private(set) var position: Int
  private let end: Int

  /// Reads `bytes[position..<end]`; a position outside reads nothing.
  package init(bytes: UnsafeRawBufferPointer, file: MappedFile, position: Int, end: Int) {
    source = bytes
    self.file = file
    self.end = min(max(end, 0), bytes.count)
    self.position = position < 0 || position > self.end ? self.end : position
  }

  /// The bytes that are left.
  var remaining: Int { end - position }

  /// A reader of a run of its own, which must lie in the same file.
  func part(_ bytes: UnsafeRawBufferPointer) -> ByteReader {
    ByteReader(bytes: bytes, file: file, position: 0, end: bytes.count)
  }

  package mutating func skip(_ count: Int) throws { _ = try bytes(count) }

  package mutating func byte() throws -> UInt8 {
    guard position < end else { throw cut(1) }
    defer { position += 1 }
    return source[position]
  }

  package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws -> T {
    guard remaining >= MemoryLayout<T>.size else { throw cut(MemoryLayout<T>.size) }
    defer { position += MemoryLayout<T>.size }
    return T(littleEndian: source.loadUnaligned(fromByteOffset: position, as: T.self))
  }

  package mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw cut(count) }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: source[position..<(position + count)])
  }

  /// The bytes up to the next line feed, which is taken but not returned.
  package mutating func line() throws -> String {
    guard let feed = source[position..<end].firstIndex(of: 0x0A) else { throw cut(1) }
    let text = String(decoding: source[position..<feed], as: UTF8.self)
    position = feed + 1
    return text
  }

  package func damaged(_ key: String, expected: String, found: String) -> FileReadError {
    .damaged(file: file.url.path, key: key, expected: expected, found: found)
  }

  private func cut(_ count: Int) -> FileReadError {
    damaged("byte \(position)", expected: "\(count) more bytes", found: "\(remaining)")
  }
}
