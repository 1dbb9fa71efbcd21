import Foundation
import JSON

/// A request that cannot be carried out, in a sentence for people.
struct RequestError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// The keys of a request, each read once and by its kind.
final class Request {
  /// What to do.
  let action: String
  /// What the answer repeats.
  let id: JSONValue?
  private let header: [String: JSONValue]
  /// The raw bytes.
  let payload: Data
  /// How much it may ask for.
  let bounds: WorkerBounds
  private var read: Set<String> = ["do", "id", "bytes"]

  /// - Throws: ``RequestError`` where it does not say what to do.
  init(_ frame: Frame, bounds: WorkerBounds) throws {
    self.bounds = bounds
    header = frame.header
    payload = frame.payload
    id = Self.id(of: frame)
    guard let action = frame.header["do"]?.string else {
      throw RequestError("a request needs \"do\", a string that says what to do.")
    }
    self.action = action
    // An answer without it could not be told from others.
    if let id = frame.header["id"], !id.isNull, self.id == nil {
      throw RequestError("\"id\" must be a string or a number, not \(id.summary).")
    }
  }

  /// What an answer to a frame repeats; nil where it is neither a string nor a finite number.
  static func id(of frame: Frame) -> JSONValue? {
    switch frame.header["id"] {
    case .string, .integer: frame.header["id"]
    case .number(let number) where number.isFinite: frame.header["id"]
    default: nil
    }
  }

  /// Refuses keys that nobody has read.
  func end() throws {
    let strangers = Set(header.keys).subtracting(read).sorted()
    guard let first = strangers.first else { return }
    throw RequestError(
      "\"\(action)\" has no key \"\(first.prefix(60))\"; it takes \(read.subtracting(["do"]).sorted().joined(separator: ", "))."
    )
  }

  /// Whether a key is there and not null.
  func has(_ key: String) -> Bool {
    read.insert(key)
    return header[key].map { !$0.isNull } ?? false
  }

  private func value<Value>(_ key: String, _ kind: String, _ get: (JSONValue) -> Value?) throws -> Value? {
    read.insert(key)
    guard let value = header[key], !value.isNull else { return nil }
    guard let found = get(value) else {
      throw RequestError("\"\(key)\" must be \(kind), not \(value.summary).")
    }
    return found
  }

  private func required<Value>(_ key: String, _ value: Value?) throws -> Value {
    guard let value else { throw RequestError("\"\(action)\" needs \"\(key)\".") }
    return value
  }

  /// A text; nil where it is absent.
  func string(_ key: String) throws -> String? { try value(key, "a string", \.string) }

  /// A text that must be there.
  func requiredString(_ key: String) throws -> String { try required(key, string(key)) }

  /// True or false.
  func flag(_ key: String, default other: Bool) throws -> Bool {
    try value(key, "true or false", \.bool) ?? other
  }

  /// A whole number that must be there.
  func requiredInteger(_ key: String) throws -> Int {
    try required(key, value(key, "a whole number", \.integer))
  }

  /// One of the values of an enumeration.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String, default other: Value
  ) throws -> Value where Value.RawValue == String {
    guard let name = try string(key) else { return other }
    guard let value = Value(rawValue: name) else {
      let names = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw RequestError("\"\(key)\" must be one of \(names), not \"\(name.prefix(40))\".")
    }
    return value
  }

  /// Elements of a list, each by what `get` makes of it.
  private func list<Element>(
    _ key: String, of kind: String, _ get: (JSONValue) -> Element?
  ) throws -> [Element]? {
    guard let values = try value(key, "a list of \(kind)", \.array) else { return nil }
    guard values.count <= bounds.elements else {
      throw RequestError(
        "\"\(key)\" has \(values.count) elements, and a list of a request at most \(bounds.elements).")
    }
    return try values.enumerated().map { index, value in
      guard let element = get(value) else {
        throw RequestError("\"\(key)\" must be a list of \(kind); element \(index) is \(value.summary).")
      }
      return element
    }
  }

  /// Texts that must all be there.
  func strings(_ key: String) throws -> [String]? { try list(key, of: "strings", \.string) }

  /// Texts of which some may be missing.
  func texts(_ key: String) throws -> [String?] {
    try required(
      key,
      list(key, of: "strings") { value -> String?? in
        value.isNull ? .some(nil) : value.string.map { .some($0) }
      })
  }

  /// True or false, some of them.
  func flags(_ key: String) throws -> [Bool]? { try list(key, of: "true and false", \.bool) }

  /// Whole numbers.
  func integers(_ key: String) throws -> [Int] {
    try required(key, list(key, of: "whole numbers", \.integer))
  }

  /// Lists of texts of which some may be missing; a list that is missing is empty.
  func lists(_ key: String) throws -> [[String?]]? {
    let lists: [[String?]]? = try list(key, of: "lists of strings") { value in
      if value.isNull { return [] }
      guard let elements = value.array, elements.allSatisfy({ $0.isNull || $0.string != nil }) else {
        return nil
      }
      return elements.map(\.string)
    }
    let count = lists?.reduce(0) { $0 + $1.count } ?? 0
    guard count <= bounds.elements else {
      throw RequestError(
        "the lists of \"\(key)\" have \(count) elements together, and may have at most \(bounds.elements).")
    }
    return lists
  }

  /// Why the references of an item cannot be compared with; nil where they can.
  static func problem(of references: [String?]) -> String? {
    if references.isEmpty { return "it has no references." }
    return references.contains(nil) ? "one of its references is missing." : nil
  }

  /// An image of a request.
  enum Image {
    case file(String)
    /// A range of the payload.
    case bytes(Range<Int>)
    case missing
  }

  /// The images, whose bytes lie in the payload one after the other.
  func images(_ key: String = "images") throws -> [Image]? {
    var start = 0
    let images = try list(key, of: "paths and lengths") { value -> Image? in
      if value.isNull { return .missing }
      if let path = value.string { return .file(path) }
      guard let count = value.integer, count >= 0, count <= payload.count - start else { return nil }
      defer { start += count }
      return .bytes(start..<start + count)
    }
    guard start == payload.count || images == nil else {
      throw RequestError(
        "the lengths in \"\(key)\" add up to \(start) bytes, and the payload has \(payload.count).")
    }
    return images
  }
}
