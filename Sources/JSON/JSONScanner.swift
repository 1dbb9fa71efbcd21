/// Walks over JSON text from value to value without building a tree, so that a million captions cost no more
/// than their strings, in the order in which the file has them.
///
/// As strict as RFC 8259, except that the depth is limited and that Python's `NaN` and `Infinity` may be taken.
package struct JSONScanner {
  /// The deepest nesting that is followed.
  package static let maximumDepth = 128

  let bytes: [UInt8]
  let end: Int
  /// Whether `NaN`, `Infinity` and `-Infinity` are numbers, as they are for Python.
  let takesNonFinite: Bool
  /// The offset of the next byte.
  package internal(set) var at: Int

  /// Starts at `range.lowerBound`; what lies past the range is not looked at.
  package init(_ bytes: [UInt8], in range: Range<Int>? = nil, takesNonFinite: Bool = false) {
    self.bytes = bytes
    self.at = max(0, range?.lowerBound ?? 0)
    self.end = min(bytes.count, range?.upperBound ?? bytes.count)
    self.takesNonFinite = takesNonFinite
  }

  /// The kinds of values, told apart by their first byte.
  package enum Kind: String {
    case object = "an object"
    case array = "a list"
    case string = "a string"
    case number = "a number"
    case boolean = "true or false"
    case null = "null"
  }

  /// The byte here, or `nil` at the end.
  package var byte: UInt8? { at < end ? bytes[at] : nil }

  /// Whether nothing but blanks is left.
  package mutating func isAtEnd() -> Bool {
    skipBlanks()
    return at >= end
  }

  /// Checks that nothing but blanks is left.
  package mutating func finish() throws(JSONSyntaxError) {
    guard isAtEnd() else { throw failure("text follows the end of the JSON value, at \(excerpt())") }
  }

  /// Goes back to a place that was read before.
  package mutating func rewind(to offset: Int) { at = max(0, min(offset, end)) }

  /// The error of something wrong here, or at `offset`.
  package func failure(_ problem: String, at offset: Int? = nil) -> JSONSyntaxError {
    JSONSyntaxError(offset: offset ?? at, problem: problem)
  }

  /// Goes to the next byte that is not white space.
  package mutating func skipBlanks() {
    while at < end {
      switch bytes[at] {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  /// The kind of the value that comes next; it is not read.
  package mutating func kind() throws(JSONSyntaxError) -> Kind {
    skipBlanks()
    guard let byte else { throw failure("the JSON text ends where a value must be") }
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "N") where takesNonFinite, UInt8(ascii: "I") where takesNonFinite: return .number
    default: throw failure("there is no JSON value at \(excerpt())")
    }
  }

  /// Reads `{` or `[`.
  package mutating func open(_ bracket: Unicode.Scalar) throws(JSONSyntaxError) {
    skipBlanks()
    guard let byte, byte == UInt8(ascii: bracket) else {
      throw failure("\"\(bracket)\" is missing before \(excerpt())")
    }
    at += 1
  }

  /// Goes to the next element of a list or object whose opening bracket was read: `false` at its end.
  package mutating func next(
    isFirst: inout Bool, closing: Unicode.Scalar
  ) throws(JSONSyntaxError) -> Bool {
    skipBlanks()
    guard let byte else { throw failure("the JSON text ends before \"\(closing)\"") }
    if byte == UInt8(ascii: closing) {
      at += 1
      return false
    }
    if isFirst {
      isFirst = false
      return true
    }
    guard byte == UInt8(ascii: ",") else {
      throw failure("a comma or \"\(closing)\" is missing before \(excerpt())")
    }
    at += 1
    skipBlanks()
    guard self.byte != UInt8(ascii: closing) else { throw failure("a comma stands before \"\(closing)\"") }
    return true
  }

  /// Reads an object's next key and the colon; `nil` at the end of the object.
  package mutating func nextKey(isFirst: inout Bool) throws(JSONSyntaxError) -> String? {
    guard try next(isFirst: &isFirst, closing: "}") else { return nil }
    guard byte == UInt8(ascii: "\"") else { throw failure("a key in quotes is missing before \(excerpt())") }
    let key = try string()
    try colon(after: key)
    return key
  }

  /// Reads the colon between a key and its value.
  package mutating func colon(after key: @autoclosure () -> String) throws(JSONSyntaxError) {
    skipBlanks()
    guard byte == UInt8(ascii: ":") else { throw failure("a colon is missing after \"\(key().prefix(60))\"") }
    at += 1
  }

  /// Skips one value, which is checked on the way, and returns where it stands.
  @discardableResult
  package mutating func skipValue() throws(JSONSyntaxError) -> Range<Int> {
    skipBlanks()
    let start = at
    try skipValue(depth: 0)
    return start..<at
  }

  private mutating func skipValue(depth: Int) throws(JSONSyntaxError) {
    guard depth < Self.maximumDepth else { throw tooDeep(Self.maximumDepth) }
    switch try kind() {
    case .object:
      try open("{")
      var isFirst = true
      while try nextKey(isFirst: &isFirst) != nil { try skipValue(depth: depth + 1) }
    case .array:
      try open("[")
      var isFirst = true
      while try next(isFirst: &isFirst, closing: "]") { try skipValue(depth: depth + 1) }
    case .string: _ = try string()
    case .number: _ = try number()
    case .boolean: _ = try boolean()
    case .null: try null()
    }
  }

  /// The error of too many brackets within brackets.
  func tooDeep(_ limit: Int) -> JSONSyntaxError {
    failure("lists and objects are nested more than \(limit) deep")
  }

  /// The bytes of a place that was read, as text.
  package func text(in range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: 0..<end)], as: UTF8.self)
  }

  /// A few characters from here on, quoted, for messages.
  package func excerpt() -> String {
    guard at < end else { return "the end" }
    let text = String(decoding: bytes[at..<min(end, at + 12)], as: UTF8.self)
    return "\""
      + text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "\u{FFFD}" }.map(String.init).joined()
      + "\""
  }
}
