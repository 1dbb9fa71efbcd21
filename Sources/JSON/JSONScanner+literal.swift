extension JSONScanner {
  /// Reads `true` or `false`.
  package mutating func boolean() throws(JSONSyntaxError) -> Bool {
    skipBlanks()
    let isTrue = byte == UInt8(ascii: "t")
    try word(isTrue ? "true" : "false")
    return isTrue
  }

  /// Reads `null`.
  package mutating func null() throws(JSONSyntaxError) {
    skipBlanks()
    try word("null")
  }

  /// Reads a number, and returns its text.
  package mutating func number() throws(JSONSyntaxError) -> String { text(in: try numberRange()) }

  /// Reads a number; `nil` where it is not a whole one, or too large a one.
  package mutating func integer() throws(JSONSyntaxError) -> Int? {
    let range = try numberRange()
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    var value = 0
    for byte in bytes[range.dropFirst(isNegative ? 1 : 0)] {
      guard (0x30...0x39).contains(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.subtractingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    // Gathered below zero, where the range is one longer.
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  private mutating func numberRange() throws(JSONSyntaxError) -> Range<Int> {
    skipBlanks()
    let start = at
    if byte == UInt8(ascii: "-") { at += 1 }
    if takesNonFinite, let byte, byte == UInt8(ascii: "I") || (byte == UInt8(ascii: "N") && at == start) {
      try word(byte == UInt8(ascii: "I") ? "Infinity" : "NaN")
      return start..<at
    }
    let hasLeadingZero = byte == UInt8(ascii: "0")
    let whole = skipDigits()
    var isValid = whole == 1 || (whole > 1 && !hasLeadingZero)
    if byte == UInt8(ascii: ".") {
      at += 1
      isValid = skipDigits() > 0 && isValid
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      at += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
      isValid = skipDigits() > 0 && isValid
    }
    guard isValid else {
      throw failure("\"\(text(in: start..<min(at, start + 40)))\" is not a JSON number", at: start)
    }
    return start..<at
  }

  private mutating func skipDigits() -> Int {
    let first = at
    while let byte, (0x30...0x39).contains(byte) { at += 1 }
    return at - first
  }

  private mutating func word(_ word: StaticString) throws(JSONSyntaxError) {
    let expected = word.description.utf8
    guard end - at >= expected.count, bytes[at..<at + expected.count].elementsEqual(expected) else {
      throw failure("there is no JSON value at \(excerpt())")
    }
    at += expected.count
  }
}
