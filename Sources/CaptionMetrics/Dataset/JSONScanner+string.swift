extension JSONScanner {
  /// Reads a string, its escapes resolved.
  mutating func string() throws(JSONSyntaxError) -> String {
    skipBlanks()
    let opening = at
    guard byte == UInt8(ascii: "\"") else { throw failure("a string is missing before \(excerpt())") }
    let start = opening + 1
    var scan = start
    while scan < end {
      let byte = bytes[scan]
      if byte == UInt8(ascii: "\"") {
        rewind(to: scan + 1)
        return try text(bytes[start..<scan], at: opening)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start, firstEscape: scan) }
      guard byte >= 0x20 else { throw controlCharacter(at: scan) }
      scan += 1
    }
    throw failure("a string has no closing quote", at: opening)
  }

  private mutating func escapedString(from start: Int, firstEscape: Int) throws(JSONSyntaxError) -> String {
    var resolved = Array(bytes[start..<firstEscape])
    var scan = firstEscape
    while scan < end {
      let byte = bytes[scan]
      switch byte {
      case UInt8(ascii: "\""):
        rewind(to: scan + 1)
        return try text(resolved[...], at: start - 1)
      case UInt8(ascii: "\\"):
        scan = try resolveEscape(at: scan, into: &resolved)
      case ..<0x20:
        throw controlCharacter(at: scan)
      default:
        resolved.append(byte)
        scan += 1
      }
    }
    throw failure("a string has no closing quote", at: start - 1)
  }

  /// Appends what the escape at `scan` stands for; returns the place after it.
  private func resolveEscape(at scan: Int, into resolved: inout [UInt8]) throws(JSONSyntaxError) -> Int {
    guard scan + 1 < end else { throw failure("a string has no closing quote", at: scan) }
    switch bytes[scan + 1] {
    case UInt8(ascii: "n"): resolved.append(0x0A)
    case UInt8(ascii: "t"): resolved.append(0x09)
    case UInt8(ascii: "r"): resolved.append(0x0D)
    case UInt8(ascii: "b"): resolved.append(0x08)
    case UInt8(ascii: "f"): resolved.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): resolved.append(bytes[scan + 1])
    case UInt8(ascii: "u"):
      var next = scan + 2
      var value = try hexadecimal(at: &next)
      if (0xD800...0xDBFF).contains(value), next + 1 < end, bytes[next] == UInt8(ascii: "\\"),
        bytes[next + 1] == UInt8(ascii: "u")
      {
        next += 2
        let low = try hexadecimal(at: &next)
        guard (0xDC00...0xDFFF).contains(low) else { throw halfCharacter(at: scan) }
        value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw halfCharacter(at: scan) }
      resolved.append(contentsOf: UTF8.encode(scalar)?.map { $0 } ?? [])
      return next
    default:
      throw failure("a string holds an escape that JSON does not have", at: scan)
    }
    return scan + 2
  }

  private func hexadecimal(at offset: inout Int) throws(JSONSyntaxError) -> UInt32 {
    guard offset + 4 <= end else { throw failure("a string ends within \\u", at: offset) }
    var value: UInt32 = 0
    for byte in bytes[offset..<offset + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw failure("\\u is not followed by four hexadecimal digits", at: offset)
      }
      value = value << 4 | UInt32(digit)
    }
    offset += 4
    return value
  }

  private func text(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("a string is not UTF-8", at: offset)
    }
    return text
  }

  private func controlCharacter(at offset: Int) -> JSONSyntaxError {
    let name = bytes[offset] == 0x0A ? "a line break" : "a control character"
    return failure("a string holds \(name) that is not escaped", at: offset)
  }

  private func halfCharacter(at offset: Int) -> JSONSyntaxError {
    failure("a string holds half of a character (a lone surrogate)", at: offset)
  }
}
