import Foundation

/// A JSON document, with whole numbers kept apart from the others.
///
/// Foundation's reader takes the last of two equal keys in silence; a safetensors header may not have any, and
/// a lying header is how a reader is attacked, hence this strict one. Like Python's, it takes `NaN` and
/// `Infinity`.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// What to do with a key that an object has twice.
  package enum Duplicates: Sendable {
    /// It is an error.
    case refused
    /// The last one counts, as in Python.
    case lastCounts
  }

  /// Why a document is not JSON.
  package struct SyntaxError: Error, Equatable {
    /// The byte at which it goes wrong.
    package let offset: Int
    /// What is wrong there.
    package let reason: String
  }

  /// Reads a document; throws ``SyntaxError``.
  package init(
    parsing bytes: UnsafeRawBufferPointer, duplicates: Duplicates = .lastCounts, depthLimit: Int = 128
  ) throws {
    var parser = JSONParser(bytes: bytes, duplicates: duplicates, depthLimit: depthLimit)
    self = try parser.document()
  }

  /// Reads a document; throws ``SyntaxError``.
  package init(parsing data: Data, duplicates: Duplicates = .lastCounts) throws {
    self = try data.withUnsafeBytes { try JSONValue(parsing: $0, duplicates: duplicates) }
  }

  /// The members, if this is an object.
  package var object: [String: JSONValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The elements, if this is an array.
  package var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The text, if this is a string.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value, if this is a whole number.
  package var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The value, if this is a number.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The value, if this is `true` or `false`.
  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// Whether this is `null`.
  package var isNull: Bool { self == .null }

  /// A short form for messages.
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text): text.count > 40 ? "\"\(text.prefix(40))…\"" : "\"\(text)\""
    case .array(let elements):
      elements.count > 4
        ? "a list of \(elements.count)" : "[" + elements.map(\.summary).joined(separator: ", ") + "]"
    case .object: "an object"
    }
  }
}
