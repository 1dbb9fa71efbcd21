import CZlib
import Foundation

/// The central directory of a memory-mapped zip file, zip64 included.
///
/// Only what PyTorch writes is read: stored and deflated entries in one volume, without encryption.
package struct ZipArchive: Sendable {
  /// One file in the archive.
  package struct Entry: Sendable, Equatable {
    package let isDeflated: Bool
    let checksum: UInt32
    let compressedSize: Int
    package let size: Int
    let headerOffset: Int
  }

  /// The entries by name.
  package let entries: [String: Entry]
  package let file: MappedFile

  private static let endSize = 22
  private static let entryLimit = 1_000_000

  /// Reads the directory; throws ``FileReadError/damaged(file:key:expected:found:)``.
  package init(file: MappedFile) throws {
    self.file = file
    let directory = try Self.directory(of: file)
    var reader = ByteReader(bytes: file.bytes, file: file, position: directory.offset, end: directory.end)
    var entries: [String: Entry] = [:]
    for _ in 0..<directory.count {
      let (name, entry) = try Self.entry(&reader)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw reader.damaged("the zip directory", expected: "each name once", found: "\(name) twice")
      }
    }
    self.entries = entries
  }

  /// The bytes of an entry: a window where it is stored, a copy where it is deflated; nil if there is none.
  ///
  /// The checksum is compared only if asked: it costs reading everything.
  package func content(_ name: String, checked: Bool = false) throws -> (
    bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable
  )? {
    guard let entry = entries[name] else { return nil }
    let window = try window(name, entry)
    var content: (bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable) = (window, file)
    if entry.isDeflated {
      let owned = try inflate(name, entry, window)
      content = (owned.bytes, owned)
    }
    if checked {
      let sum = content.bytes.withMemoryRebound(to: UInt8.self) {
        crc32_z(0, $0.baseAddress, z_size_t($0.count))
      }
      guard UInt32(truncatingIfNeeded: sum) == entry.checksum else {
        throw damaged(name, expected: "the checksum \(entry.checksum)", found: "\(sum)")
      }
    }
    return content
  }

  private func damaged(_ key: String, expected: String, found: String) -> FileReadError {
    .damaged(file: file.url.path, key: key, expected: expected, found: found)
  }

  /// The stored or deflated bytes behind the entry's local header.
  private func window(_ name: String, _ entry: Entry) throws -> UnsafeRawBufferPointer {
    var reader = ByteReader(
      bytes: file.bytes, file: file, position: entry.headerOffset, end: file.bytes.count)
    guard try reader.integer(UInt32.self) == 0x0403_4B50 else {
      throw damaged(name, expected: "a local zip header", found: "other bytes")
    }
    try reader.skip(22)
    let nameLength = Int(try reader.integer(UInt16.self))
    let extraLength = Int(try reader.integer(UInt16.self))
    try reader.skip(nameLength)
    try reader.skip(extraLength)
    return try reader.bytes(entry.compressedSize)
  }

  private func inflate(_ name: String, _ entry: Entry, _ input: UnsafeRawBufferPointer) throws -> OwnedBytes {
    // Deflate cannot do better than 1032 : 1, so a larger promise is a bomb; refused before memory is taken.
    guard entry.size / 1_032 <= input.count + 1, input.count <= Int(UInt32.max), entry.size <= Int(UInt32.max)
    else { throw damaged(name, expected: "a size that deflate can reach", found: "\(entry.size) bytes") }
    return try OwnedBytes(count: entry.size) { output in
      var stream = z_stream()
      guard inflateInit2_(&stream, -15, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        throw FileReadError.unreadable(path: file.url.path, reason: "zlib does not start")
      }
      defer { inflateEnd(&stream) }
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(output.count)
      guard CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END, stream.avail_out == 0 else {
        throw damaged(name, expected: "\(entry.size) deflated bytes", found: "others")
      }
    }
  }
}

extension ZipArchive {
  private static func directory(of file: MappedFile) throws -> (offset: Int, end: Int, count: Int) {
    let bytes = file.bytes
    func damaged(_ found: String) -> FileReadError {
      .damaged(file: file.url.path, key: "the end of the zip file", expected: "its directory", found: found)
    }
    guard bytes.count >= endSize else { throw damaged("\(bytes.count) bytes in all") }
    let last = bytes.count - endSize
    let candidates = stride(from: last, through: max(0, last - 0xFFFF), by: -1)
    guard let end = candidates.first(where: { isEnd(bytes, at: $0) }) else {
      throw damaged("none; the file may be cut short")
    }
    var reader = ByteReader(bytes: bytes, file: file, position: end + 10, end: bytes.count)
    var count = UInt64(try reader.integer(UInt16.self))
    var size = UInt64(try reader.integer(UInt32.self))
    var offset = UInt64(try reader.integer(UInt32.self))
    if end >= 20, bytes.loadUnaligned(fromByteOffset: end - 20, as: UInt32.self).littleEndian == 0x0706_4B50 {
      var locator = ByteReader(bytes: bytes, file: file, position: end - 12, end: end)
      let start = try locator.integer(UInt64.self)
      guard let position = Int(exactly: start) else { throw damaged("a place past the end") }
      var record = ByteReader(bytes: bytes, file: file, position: position, end: bytes.count)
      guard try record.integer(UInt32.self) == 0x0606_4B50 else { throw damaged("no zip64 record") }
      try record.skip(28)
      count = try record.integer(UInt64.self)
      size = try record.integer(UInt64.self)
      offset = try record.integer(UInt64.self)
    }
    guard count <= UInt64(entryLimit), let offset = Int(exactly: offset), let size = Int(exactly: size),
      offset <= end, size <= end - offset
    else { throw damaged("\(count) entries at \(offset)") }
    return (offset, offset + size, Int(count))
  }

  private static func isEnd(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Bool {
    bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian == 0x0605_4B50
      && Int(bytes.loadUnaligned(fromByteOffset: position + 20, as: UInt16.self).littleEndian)
        == bytes.count - position - endSize
  }

  private static func entry(_ reader: inout ByteReader) throws -> (String, Entry) {
    guard try reader.integer(UInt32.self) == 0x0201_4B50 else {
      throw reader.damaged("the zip directory", expected: "an entry", found: "other bytes")
    }
    try reader.skip(4)
    let flags = try reader.integer(UInt16.self)
    let method = try reader.integer(UInt16.self)
    try reader.skip(4)
    let checksum = try reader.integer(UInt32.self)
    var compressed = UInt64(try reader.integer(UInt32.self))
    var size = UInt64(try reader.integer(UInt32.self))
    let nameLength = Int(try reader.integer(UInt16.self))
    let extraLength = Int(try reader.integer(UInt16.self))
    let commentLength = Int(try reader.integer(UInt16.self))
    try reader.skip(8)
    var offset = UInt64(try reader.integer(UInt32.self))
    let name = String(decoding: try reader.bytes(nameLength), as: UTF8.self)
    var extra = reader.part(try reader.bytes(extraLength))
    try reader.skip(commentLength)
    while extra.remaining >= 4 {
      let kind = try extra.integer(UInt16.self)
      let length = Int(try extra.integer(UInt16.self))
      var field = extra.part(try extra.bytes(length))
      guard kind == 1 else { continue }
      if size == 0xFFFF_FFFF { size = try field.integer(UInt64.self) }
      if compressed == 0xFFFF_FFFF { compressed = try field.integer(UInt64.self) }
      if offset == 0xFFFF_FFFF { offset = try field.integer(UInt64.self) }
    }
    guard flags & 1 == 0, method == 0 || method == 8 else {
      throw reader.damaged(
        name, expected: "a stored or deflated entry",
        found: flags & 1 == 1 ? "an encrypted one" : "the compression method \(method)")
    }
    guard let compressed = Int(exactly: compressed), let size = Int(exactly: size),
      let offset = Int(exactly: offset), method == 8 || size == compressed
    else { throw reader.damaged(name, expected: "sizes that agree", found: "\(compressed) and \(size)") }
    return (
      name,
      Entry(
        isDeflated: method == 8, checksum: checksum, compressedSize: compressed, size: size,
        headerOffset: offset)
    )
  }
}
