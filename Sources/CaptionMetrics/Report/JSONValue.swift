import Compute

/// JSON to be written, its keys in the order in which they were given.
public indirect enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A key and its value.
  public struct Member: Sendable, Equatable {
    /// The key.
    public var key: String
    /// The value.
    public var value: JSONValue

    /// Creates a member of an object.
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The JSON text: numbers with a point under any locale and with all their digits, texts as UTF-8.
  ///
  /// - Parameter isIndented: whether every value has a line of its own; otherwise all is on one line.
  /// - Throws: ``ReportError`` for a number that JSON does not have.
  public func text(isIndented: Bool = false) throws -> String {
    var text = ""
    try write(to: &text, path: "", indentation: isIndented ? 0 : nil)
    return text
  }

  private func write(to text: inout String, path: String, indentation: Int?) throws {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      guard value.isFinite else { throw ReportError.notFinite(name: path) }
      // The shortest digits that give the same number again; never a locale's.
      text += value.description
    case .string(let value): JSONString.write(value, to: &text)
    case .array(let values):
      try Self.writeList(values, "[", "]", to: &text, indentation: indentation) { value, text, inner in
        try value.write(to: &text, path: path, indentation: inner)
      }
    case .object(let members):
      try Self.writeList(members, "{", "}", to: &text, indentation: indentation) { member, text, inner in
        JSONString.write(member.key, to: &text)
        text += ": "
        let path = path.isEmpty ? member.key : "\(path).\(member.key)"
        try member.value.write(to: &text, path: path, indentation: inner)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ opening: String, _ closing: String, to text: inout String, indentation: Int?,
    _ body: (Element, inout String, Int?) throws -> Void
  ) throws {
    text += opening
    let inner = indentation.map { $0 + 2 }
    for (index, element) in elements.enumerated() {
      if index > 0 { text += inner == nil ? ", " : "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      try body(element, &text, inner)
    }
    if let indentation, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
    text += closing
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }

  /// An object whose keys keep their order.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }

  /// A list.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
