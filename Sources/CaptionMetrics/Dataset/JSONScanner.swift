/// What the scanner throws: where the text stops being JSON, and why.
struct JSONSyntaxError: Error, Equatable {
  var offset: Int
  var problem: String
}

/// Walks over JSON text from value to value without building a tree, so that a million captions cost no more
/// than their strings, in the order in which the file has them.
///
/// As strict as RFC 8259, except that the depth is limited to ``maximumDepth``.
struct JSONScanner {
  /// The deepest nesting that is followed.
  static let maximumDepth = 64

  let bytes: [UInt8]
  let end: Int
  private(set) var at: Int

  /// Starts at `range.lowerBound`; what lies past the range is not looked at.
  init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.bytes = bytes
    self.at = max(0, range?.lowerBound ?? 0)
    self.end = min(bytes.count, range?.upperBound ?? bytes.count)
  }

  /// The kinds of values, told apart by their first byte.
  enum Kind: String {
    case object = "an object"
    case array = "a list"
    case string = "a string"
    case number = "a number"
    case boolean = "true or false"
    case null = "null"
  }

  /// The byte here, or `nil` at the end.
  var byte: UInt8? { at < end ? bytes[at] : nil }

  /// Whether nothing but blanks is left.
  mutating func isAtEnd() -> Bool {
    skipBlanks()
    return at >= end
  }

  /// Goes back to a place that was read before.
  mutating func rewind(to offset: Int) { at = max(0, min(offset, end)) }

  func failure(_ problem: String, at offset: Int? = nil) -> JSONSyntaxError {
    JSONSyntaxError(offset: offset ?? at, problem: problem)
  }

  mutating func skipBlanks() {
    while at < end {
      switch bytes[at] {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  /// The kind of the value that comes next; it is not read.
  mutating func kind() throws(JSONSyntaxError) -> Kind {
    skipBlanks()
    guard let byte else { throw failure("the JSON text ends where a value must be") }
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    default: throw failure("there is no JSON value at \(excerpt())")
    }
  }

  /// Reads `{` or `[`.
  mutating func open(_ bracket: Unicode.Scalar) throws(JSONSyntaxError) {
    skipBlanks()
    guard let byte, byte == UInt8(ascii: bracket) else {
      throw failure("\"\(bracket)\" is missing before \(excerpt())")
    }
    at += 1
  }

  /// Goes to the next element of a list or object whose opening bracket was read: `false` at its end.
  mutating func next(isFirst: inout Bool, closing: Unicode.Scalar) throws(JSONSyntaxError) -> Bool {
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
  mutating func nextKey(isFirst: inout Bool) throws(JSONSyntaxError) -> String? {
    guard try next(isFirst: &isFirst, closing: "}") else { return nil }
    guard byte == UInt8(ascii: "\"") else { throw failure("a key in quotes is missing before \(excerpt())") }
    let key = try string()
    skipBlanks()
    guard byte == UInt8(ascii: ":") else { throw failure("a colon is missing after \"\(key)\"") }
    at += 1
    return key
  }

  /// Skips one value, which is checked on the way.
  mutating func skipValue(depth: Int = 0) throws(JSONSyntaxError) {
    guard depth < Self.maximumDepth else {
      throw failure("lists and objects are nested more than \(Self.maximumDepth) deep")
    }
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
    case .boolean: try word(byte == UInt8(ascii: "t") ? "true" : "false")
    case .null: try word("null")
    }
  }

  /// The text of a number.
  mutating func number() throws(JSONSyntaxError) -> String {
    skipBlanks()
    let start = at
    func digits(_ scanner: inout JSONScanner) -> Int {
      let first = scanner.at
      while let byte = scanner.byte, (0x30...0x39).contains(byte) { scanner.at += 1 }
      return scanner.at - first
    }
    if byte == UInt8(ascii: "-") { at += 1 }
    let hasLeadingZero = byte == UInt8(ascii: "0")
    let whole = digits(&self)
    var isValid = whole == 1 || (whole > 1 && !hasLeadingZero)
    if byte == UInt8(ascii: ".") {
      at += 1
      isValid = digits(&self) > 0 && isValid
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      at += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
      isValid = digits(&self) > 0 && isValid
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard isValid else { throw failure("\"\(text)\" is not a JSON number", at: start) }
    return text
  }

  private mutating func word(_ word: StaticString) throws(JSONSyntaxError) {
    let expected = word.description.utf8
    guard end - at >= expected.count, bytes[at..<at + expected.count].elementsEqual(expected) else {
      throw failure("there is no JSON value at \(excerpt())")
    }
    at += expected.count
  }

  /// A few characters from here on, quoted, for messages.
  func excerpt() -> String {
    guard at < end else { return "the end" }
    let text = String(decoding: bytes[at..<min(end, at + 12)], as: UTF8.self)
    return "\""
      + text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "\u{FFFD}" }.map(String.init).joined()
      + "\""
  }
}
