public import Foundation

/// A number that JSON has no word for, and where in the document it stands.
public struct JSONNumberNotFinite: Error, Equatable, LocalizedError, CustomStringConvertible {
  /// The keys that lead to it, with points between them.
  public let path: String

  package init(path: String) { self.path = path }

  /// One sentence for people, with what to do next.
  public var description: String {
    "the value of \"\(path)\" is not a finite number, and is not written; please report what made it so."
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}

extension JSONValue {
  /// The JSON text: numbers with a point under any locale and with all their digits, texts as UTF-8.
  ///
  /// - Parameter isIndented: whether every value has a line of its own; otherwise all is on one line.
  /// - Throws: ``JSONNumberNotFinite``.
  public func text(isIndented: Bool = false) throws -> String {
    var text = ""
    try write(to: &text, path: "", indentation: isIndented ? 0 : nil)
    return text
  }

  private func write(to text: inout String, path: String, indentation: Int?) throws {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      guard value.isFinite else { throw JSONNumberNotFinite(path: path) }
      // The shortest digits that give the same number again; never a locale's.
      text += value.description
    case .string(let value): Self.write(value, to: &text)
    case .array(let values):
      try Self.writeList(values, "[", "]", to: &text, indentation: indentation) { value, text, inner in
        try value.write(to: &text, path: path, indentation: inner)
      }
    case .object(let members):
      try Self.writeList(members, "{", "}", to: &text, indentation: indentation) { member, text, inner in
        Self.write(member.key, to: &text)
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

  /// Appends `string` in quotes, with what JSON wants escaped.
  package static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
