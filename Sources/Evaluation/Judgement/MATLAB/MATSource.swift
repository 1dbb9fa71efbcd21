/// The bytes of a MATLAB file, or of an array that was compressed in it.
struct MATSource {
  /// The types of data elements that are told apart.
  enum ElementType: UInt32 {
    case int8 = 1
    case uint8 = 2
    case int16 = 3
    case uint16 = 4
    case int32 = 5
    case uint32 = 6
    case single = 7
    case double = 9
    case int64 = 12
    case uint64 = 13
    case matrix = 14
    case compressed = 15
    case utf8 = 16
    case utf16 = 17
    case utf32 = 18

    /// Bytes a number.
    var width: Int {
      switch self {
      case .int8, .uint8, .utf8: 1
      case .int16, .uint16, .utf16: 2
      case .int32, .uint32, .single, .utf32: 4
      case .double, .int64, .uint64: 8
      case .matrix, .compressed: 1
      }
    }
  }

  /// A data element: its type, where its data is and where the next begins.
  struct Element {
    var type: ElementType?
    var range: Range<Int>
    var next: Int
  }

  let file: String
  let bytes: [UInt8]
  let isLittleEndian: Bool

  /// A whole number of `width` bytes.
  func integer(at offset: Int, width: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<width {
      let byte = UInt64(bytes[offset + (isLittleEndian ? width - 1 - index : index)])
      value = value << 8 | byte
    }
    return value
  }

  /// The element that begins at `offset` and ends before `end`.
  func element(at offset: Int, end: Int) throws -> Element {
    guard offset >= 0, offset + 8 <= end, end <= bytes.count else { throw damaged() }
    let first = UInt32(truncatingIfNeeded: integer(at: offset, width: 4))
    // Up to four bytes of data stand in the tag itself.
    if first >> 16 != 0 {
      let size = Int(first >> 16)
      guard size <= 4 else { throw damaged() }
      return Element(
        type: ElementType(rawValue: first & 0xFFFF), range: offset + 4..<offset + 4 + size, next: offset + 8)
    }
    let size = Int(integer(at: offset + 4, width: 4))
    let start = offset + 8
    guard size <= end - start else { throw damaged() }
    let type = ElementType(rawValue: first)
    let padded = type == .compressed ? size : (size + 7) / 8 * 8
    return Element(type: type, range: start..<start + size, next: min(end, start + padded))
  }

  /// The numbers of an element.
  func numbers(_ element: Element) throws -> [Double] {
    guard let type = element.type, type != .matrix, type != .compressed else { throw damaged() }
    return (0..<element.range.count / type.width).map { index in
      let bits = integer(at: element.range.lowerBound + index * type.width, width: type.width)
      switch type {
      case .int8: return Double(Int8(truncatingIfNeeded: bits))
      case .int16: return Double(Int16(truncatingIfNeeded: bits))
      case .int32: return Double(Int32(truncatingIfNeeded: bits))
      case .int64: return Double(Int64(truncatingIfNeeded: bits))
      case .single: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      case .double: return Double(bitPattern: bits)
      default: return Double(bits)
      }
    }
  }

  /// The text of an element; what is no character becomes U+FFFD.
  func text(_ element: Element) throws -> String {
    switch element.type {
    case .utf8?, .int8?: return String(decoding: bytes[element.range], as: UTF8.self)
    // MATLAB's characters are UTF-16, whatever the width that they are stored in.
    case .uint8?, .uint16?, .utf16?, .utf32?, .uint32?:
      let units = try numbers(element).map { UInt16(exactly: $0) ?? 0xFFFD }
      return String(decoding: units, as: UTF16.self)
    default: throw damaged()
    }
  }

  func damaged() -> JudgementError { MATFile.malformed(file, "it is damaged or cut short") }
}
