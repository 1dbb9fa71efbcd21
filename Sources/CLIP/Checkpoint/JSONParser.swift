import Foundation

/// A recursive-descent reader of JSON with a bound on nesting.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private let duplicates: JSONValue.Duplicates
  private let depthLimit: Int
  private var position = 0

  init(bytes: UnsafeRawBufferPointer, duplicates: JSONValue.Duplicates, depthLimit: Int) {
    self.bytes = bytes
    self.duplicates = duplicates
    self.depthLimit = depthLimit
  }

  mutating func document() throws -> JSONValue {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end of the document") }
    return value
  }

  private func failure(_ reason: String) -> JSONValue.SyntaxError {
    JSONValue.SyntaxError(offset: position, reason: reason)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard count <= bytes.count - position else { return false }
    for i in 0..<count where bytes[position + i] != word.utf8Start[i] { return false }
    position += count
    return true
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth < depthLimit else { throw failure("nested more than \(depthLimit) deep") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t") where take(word: "true"): return .bool(true)
    case UInt8(ascii: "f") where take(word: "false"): return .bool(false)
    case UInt8(ascii: "n") where take(word: "null"): return .null
    case UInt8(ascii: "N") where take(word: "NaN"): return .number(.nan)
    case UInt8(ascii: "I") where take(word: "Infinity"): return .number(.infinity)
    case UInt8(ascii: "-") where take(word: "-Infinity"): return .number(-.infinity)
    case nil: throw failure("the text ends early")
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("a key in double quotes is expected") }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("':' is expected after \"\(key.prefix(60))\"") }
      let member = try value(depth: depth + 1)
      if members.updateValue(member, forKey: key) != nil, duplicates == .refused {
        throw failure("the key \"\(key.prefix(60))\" appears twice")
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw failure("',' or '}' is expected") }
    }
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw failure("',' or ']' is expected") }
    }
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    while let byte = next, isNumberByte(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let whole = Int(text), !text.hasPrefix("+") { return .integer(whole) }
    guard let value = Double(text), value.isFinite, !text.hasPrefix("+") else {
      position = start
      throw failure(text.isEmpty ? "a value is expected" : "\"\(text.prefix(40))\" is not a number")
    }
    return .number(value)
  }

  private func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
      UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func string() throws -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw failure("a control character stands in a string") }
      position += 1
    }
    var text = [UInt8](bytes[start..<position])
    while let byte = next {
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard let valid = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return valid
      }
      guard byte >= 0x20 else { throw failure("a control character stands in a string") }
      if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
    }
    throw failure("a string has no end")
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard let byte = next else { throw failure("a string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), take(word: "\\u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("a surrogate has no partner") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("a surrogate has no partner") }
      text.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw failure("an unknown escape stands in a string")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard bytes.count - position >= 4 else { throw failure("a string has no end") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80
      else { throw failure("four hexadecimal digits are expected") }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
