import Files
import Foundation

/// A mapped file of METEOR's tables whose header and checksum are sound.
struct METEORTableFile {
  let file: MappedFile
  let checksum: String
  private let sections: [Range<Int>]

  /// Maps and verifies; throws ``METEORError``.
  init(_ url: URL) throws {
    let path = url.path
    func damaged(_ reason: String) -> METEORError { .damagedTable(path: path, reason: reason) }
    do {
      file = try MappedFile(url)
    } catch FileReadError.notFound {
      throw METEORError.missingTable(path: path)
    } catch FileReadError.unreadable(_, let reason) {
      throw METEORError.unreadable(path: path, reason: reason)
    }
    let bytes = file.bytes
    typealias Format = METEORTableFormat
    guard bytes.count >= 16, bytes.prefix(8).elementsEqual(Format.magic) else {
      throw damaged("it is not such a file")
    }
    let version = UInt32(littleEndian: bytes.load(fromByteOffset: 8, as: UInt32.self))
    guard version == Format.version else {
      throw METEORError.unknownVersion(path: path, found: Int(version), known: Int(Format.version))
    }
    guard bytes.count >= Format.headerSize else { throw damaged("it is cut short") }
    let content = UnsafeRawBufferPointer(rebasing: bytes[Format.headerSize...])
    guard CRC32.of(content) == UInt32(littleEndian: bytes.load(fromByteOffset: 12, as: UInt32.self)) else {
      throw damaged("its checksum does not fit")
    }
    checksum = String(decoding: bytes[Format.hashOffset..<Format.sectionsOffset], as: UTF8.self)
    // The header is not in the checksum; but there is only one way for the parts to lie in the file.
    var next = UInt64(Format.headerSize)
    sections = try Format.Section.allCases.map { section in
      let place = Format.sectionsOffset + 16 * section.rawValue
      let offset = UInt64(littleEndian: bytes.load(fromByteOffset: place, as: UInt64.self))
      let size = UInt64(littleEndian: bytes.load(fromByteOffset: place + 8, as: UInt64.self))
      guard offset == next, offset <= bytes.count, size <= UInt64(bytes.count) - offset else {
        throw damaged("its parts do not follow each other")
      }
      next = (offset + size + 7) & ~7
      return Int(offset)..<Int(offset + size)
    }
    guard next == bytes.count else { throw damaged("its parts do not fill it") }
  }

  func bytes(_ section: METEORTableFormat.Section) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[sections[section.rawValue]])
  }

  func numbers(_ section: METEORTableFormat.Section) throws -> TableNumbers {
    let bytes = bytes(section)
    guard bytes.count % 4 == 0, bytes.count / 4 < Int(Int32.max) else {
      throw METEORError.damagedTable(path: file.url.path, reason: "a part of it has an odd size")
    }
    return TableNumbers(bytes)
  }
}
