extension JSONValue {
  /// What to do with a key that an object has twice.
  public enum Duplicates: Sendable {
    /// It is an error: a lying header is how a reader is attacked.
    case refused
    /// The last one counts, as in Python.
    case lastCounts
  }

  /// Reads a document, with or without byte-order mark; like Python's reader, it takes `NaN` and `Infinity`.
  ///
  /// - Throws: ``JSONSyntaxError``.
  public init(
    parsing bytes: some Sequence<UInt8>, duplicates: Duplicates = .lastCounts, depthLimit: Int = 128
  ) throws {
    let bytes = Array(bytes)
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    var parser = JSONParser(
      scanner: JSONScanner(bytes, in: (hasMark ? 3 : 0)..<bytes.count, takesNonFinite: true),
      duplicates: duplicates, depthLimit: min(depthLimit, JSONScanner.maximumDepth))
    self = try parser.value(depth: 0)
    try parser.scanner.finish()
  }
}

/// Builds the tree of a document, with a bound on its depth.
private struct JSONParser {
  var scanner: JSONScanner
  let duplicates: JSONValue.Duplicates
  let depthLimit: Int

  mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
    guard depth < depthLimit else { throw scanner.tooDeep(depthLimit) }
    switch try scanner.kind() {
    case .object: return .object(try members(depth: depth))
    case .array: return .array(try elements(depth: depth))
    case .string: return .string(try scanner.string())
    case .boolean: return .bool(try scanner.boolean())
    case .null:
      try scanner.null()
      return .null
    case .number:
      let start = scanner.at
      let text = try scanner.number()
      if let whole = Int(text) { return .integer(whole) }
      guard let number = Self.number(text) else {
        throw scanner.failure("the number \(text.prefix(40)) is too large", at: start)
      }
      return .number(number)
    }
  }

  private static func number(_ text: String) -> Double? {
    switch text {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default: return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
  }

  private mutating func members(depth: Int) throws(JSONSyntaxError) -> [JSONValue.Member] {
    try scanner.open("{")
    var members: [JSONValue.Member] = []
    var keys: Set<String> = []
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      if duplicates == .refused, !keys.insert(key).inserted {
        throw scanner.failure("the key \"\(key.prefix(60))\" appears twice")
      }
      members.append(.init(key, try value(depth: depth + 1)))
    }
    return members
  }

  private mutating func elements(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
    try scanner.open("[")
    var elements: [JSONValue] = []
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") { elements.append(try value(depth: depth + 1)) }
    return elements
  }
}
