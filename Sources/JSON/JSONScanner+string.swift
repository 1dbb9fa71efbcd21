extension JSONScanner {
  /// Reads a string, its escapes resolved.
  package mutating func string() throws(JSONSyntaxError) -> String {
    skipBlanks()
    let opening = at
    var resolved: [UInt8] = []
    let plain = try string(into: &resolved, keepsPlain: false)
    let text =
      plain.map { String(validating: bytes[$0], as: UTF8.self) }
      ?? String(validating: resolved, as: UTF8.self)
    guard let text else { throw failure("a string is not UTF-8", at: opening) }
    return text
  }

  /// Reads a string, its escapes resolved, and appends its bytes, which are not checked to be UTF-8.
  package mutating func string(into text: inout [UInt8]) throws(JSONSyntaxError) {
    _ = try string(into: &text, keepsPlain: true)
  }

  /// Reads a string; where it has no escapes and `keepsPlain` is off, its range is returned and nothing appended.
  private mutating func string(
    into text: inout [UInt8], keepsPlain: Bool
  ) throws(JSONSyntaxError) -> Range<Int>? {
    skipBlanks()
    let opening = at
    guard byte == UInt8(ascii: "\"") else { throw failure("a string is missing before \(excerpt())") }
    at += 1
    var start = at
    var isPlain = true
    while at < end {
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") {
        let range = start..<at
        at += 1
        if isPlain, !keepsPlain { return range }
        text.append(contentsOf: bytes[range])
        return nil
      }
      if byte == UInt8(ascii: "\\") {
        isPlain = false
        text.append(contentsOf: bytes[start..<at])
        try escape(into: &text)
        start = at
      } else {
        guard byte >= 0x20 else { throw controlCharacter() }
        at += 1
      }
    }
    throw failure("a string has no closing quote", at: opening)
  }

  /// Reads an escape, and appends what it stands for.
  private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    guard at + 1 < end else { throw failure("a string has no closing quote") }
    switch bytes[at + 1] {
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[at + 1])
    case UInt8(ascii: "u"): return try unicodeEscape(into: &text)
    default: throw failure("a string holds an escape that JSON does not have")
    }
    at += 2
  }

  /// Reads `\uXXXX`, or two of them that make one character.
  private mutating func unicodeEscape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    let start = at
    var value = try hexadecimal()
    if (0xD800...0xDBFF).contains(value), at + 1 < end, bytes[at] == UInt8(ascii: "\\"),
      bytes[at + 1] == UInt8(ascii: "u")
    {
      let low = try hexadecimal()
      guard (0xDC00...0xDFFF).contains(low) else { throw halfCharacter(at: start) }
      value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw halfCharacter(at: start) }
    text.append(contentsOf: String(Character(scalar)).utf8)
  }

  /// Reads `\u` and its four digits.
  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    guard at + 6 <= end else { throw failure("a string ends within \\u") }
    var value: UInt32 = 0
    for byte in bytes[(at + 2)..<(at + 6)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw failure("\\u is not followed by four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
    }
    at += 6
    return value
  }

  private func controlCharacter() -> JSONSyntaxError {
    let name = byte == 0x0A ? "a line break" : "a control character"
    return failure("a string holds \(name) that is not escaped")
  }

  private func halfCharacter(at offset: Int) -> JSONSyntaxError {
    failure("a string holds half of a character (a lone surrogate)", at: offset)
  }
}
