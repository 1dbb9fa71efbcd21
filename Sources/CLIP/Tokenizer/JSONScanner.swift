import Foundation

/// Walks through JSON byte by byte, for tables too large to hold as objects.
///
/// Whoever calls it asks for what should come next; anything else throws ``TokenizerError/malformed(file:place:expected:found:)``.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String
  /// The offset of the next byte.
  private(set) var position = 0

  private static let deepest = 128

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next byte that is not white space; it is not consumed.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  /// Consumes `byte` if it is next.
  mutating func consume(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Goes to a byte that ``position`` was at before.
  mutating func move(to position: Int) { self.position = position }

  /// Begins an object or an array; false where the next member does not come because it is empty.
  mutating func begin(_ open: UInt8, _ close: UInt8, expected: String) throws -> Bool {
    guard consume(open) else { throw failure(expected: expected) }
    return !consume(close)
  }

  /// After a member: true where another follows, false at the end.
  mutating func another(_ close: UInt8) throws -> Bool {
    if consume(UInt8(ascii: ",")) { return true }
    guard consume(close) else { throw failure(expected: "\",\" or \"\(Unicode.Scalar(close))\"") }
    return false
  }

  /// Calls `member` with each key of an object; it must read or skip the value.
  mutating func readObject(
    expected: String, member: (inout JSONScanner, String) throws -> Void
  ) throws {
    guard try begin(UInt8(ascii: "{"), UInt8(ascii: "}"), expected: expected) else { return }
    repeat {
      let key = try readString(expected: "a key")
      try readColon()
      try member(&self, key)
    } while try another(UInt8(ascii: "}"))
  }

  /// Consumes the colon after a key.
  mutating func readColon() throws {
    guard consume(UInt8(ascii: ":")) else { throw failure(expected: "\":\"") }
  }

  /// Reads a string.
  mutating func readString(expected: String) throws -> String {
    var text: [UInt8] = []
    try readString(expected: expected, into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads a string and appends its UTF-8.
  mutating func readString(expected: String, into text: inout [UInt8]) throws {
    guard consume(UInt8(ascii: "\"")) else { throw failure(expected: expected) }
    while true {
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\""),
        bytes[position] != UInt8(ascii: "\\"),
        bytes[position] >= 0x20
      { position += 1 }
      text.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
      guard position < bytes.count, bytes[position] >= 0x20 else {
        throw failure(expected: "the end of a string")
      }
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\"") { return }
      try readEscape(into: &text)
    }
  }

  private mutating func readEscape(into text: inout [UInt8]) throws {
    guard position < bytes.count else { throw failure(expected: "an escape") }
    let escape = bytes[position]
    position += 1
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var scalar = try readHexadecimal()
      if 0xD800...0xDBFF ~= scalar {
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure(expected: "the second half of a surrogate pair") }
        position += 2
        let low = try readHexadecimal()
        guard 0xDC00...0xDFFF ~= low else { throw failure(expected: "the second half of a surrogate pair") }
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
      }
      guard !(0xDC00...0xDFFF ~= scalar) else {
        throw failure(expected: "a character, not half a surrogate pair")
      }
      UTF8Coding.encode(scalar, into: &text)
    default:
      position -= 1
      throw failure(expected: "an escape")
    }
  }

  private mutating func readHexadecimal() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else {
        throw failure(expected: "four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// Reads an integer of at most nine digits.
  mutating func readInteger(expected: String) throws -> Int {
    let isNegative = consume(UInt8(ascii: "-"))
    guard let first = peek(), first &- 0x30 < 10 else { throw failure(expected: expected) }
    var value = 0
    var digits = 0
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      digits += 1
      guard digits <= 9 else { throw failure(expected: expected) }
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    if position < bytes.count, [0x2E, 0x45, 0x65].contains(bytes[position]) {
      throw failure(expected: expected)
    }
    return isNegative ? -value : value
  }

  /// Goes past one value of any kind, and returns its bytes.
  @discardableResult
  mutating func skipValue(depth: Int = 0) throws -> UnsafeBufferPointer<UInt8> {
    guard depth < Self.deepest else { throw failure(expected: "at most \(Self.deepest) levels") }
    guard let first = peek() else { throw failure(expected: "a value") }
    let start = position
    switch first {
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "{"):
      guard try begin(first, UInt8(ascii: "}"), expected: "an object") else { break }
      repeat {
        guard peek() == UInt8(ascii: "\"") else { throw failure(expected: "a key") }
        try skipString()
        try readColon()
        try skipValue(depth: depth + 1)
      } while try another(UInt8(ascii: "}"))
    case UInt8(ascii: "["):
      guard try begin(first, UInt8(ascii: "]"), expected: "an array") else { break }
      repeat { try skipValue(depth: depth + 1) } while try another(UInt8(ascii: "]"))
    default:
      while position < bytes.count, Self.isLiteral(bytes[position]) { position += 1 }
      guard position > start else { throw failure(expected: "a value") }
    }
    return UnsafeBufferPointer(rebasing: bytes[start..<position])
  }

  private mutating func skipString() throws {
    position += 1
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < bytes.count else {
      position = bytes.count
      throw failure(expected: "the end of a string")
    }
    position += 1
  }

  /// Letters, digits, signs and points: numbers, `true`, `false` and `null`.
  private static func isLiteral(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x2B || byte == 0x2D || byte == 0x2E
  }

  /// Checks that nothing follows.
  mutating func readEnd() throws {
    guard peek() == nil else { throw failure(expected: "the end of the file") }
  }

  /// What is wrong at the current position.
  func failure(expected: String) -> TokenizerError {
    var found = "the end of the file"
    if position < bytes.count {
      let scalar = UTF8Coding.decode(bytes, at: position).scalar
      let isPrintable = scalar > 0x20 && scalar != 0x7F
      found =
        isPrintable ? "\"\(Unicode.Scalar(scalar).map { "\($0)" } ?? "?")\"" : "the byte \(bytes[position])"
    }
    return .malformed(file: file, place: "at byte \(position)", expected: expected, found: found)
  }
}
