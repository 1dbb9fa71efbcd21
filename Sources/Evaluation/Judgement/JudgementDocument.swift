import CaptionData
import Foundation
import JSON

/// A JSON file of judgements, with what is wrong in it told by file, entry and key.
struct JudgementDocument {
  /// The file as the user named it.
  let file: String
  let root: JSONValue

  init(_ url: URL) throws { try self.init(TextFile(contentsOf: url)) }

  init(_ text: TextFile) throws {
    file = text.name
    do {
      root = try JSONValue(parsing: text.bytes)
    } catch let error as JSONSyntaxError {
      var lines = LineCounter()
      throw JudgementError.malformed(
        file: file, line: lines.line(at: error.offset, in: text.bytes), problem: error.problem)
    }
  }

  private func wrong(_ key: String, _ entry: String, _ expected: String, _ found: JSONValue?)
    -> JudgementError
  {
    .malformed(
      file: file, line: nil,
      problem: "\"\(key)\" of \"\(entry)\" must be \(expected), and is \(found?.summary ?? "not there")")
  }

  func members(of value: JSONValue, _ entry: String) throws -> [(String, JSONValue)] {
    guard case .object(let members) = value else {
      throw JudgementError.malformed(file: file, line: nil, problem: "\(entry) must hold an object")
    }
    return members.map { ($0.key, $0.value) }
  }

  func member(_ key: String, of value: JSONValue) -> JSONValue? {
    guard case .object(let members) = value else { return nil }
    return members.last { $0.key == key }?.value
  }

  func text(_ key: String, of value: JSONValue, _ entry: String) throws -> String {
    let found = member(key, of: value)
    guard case .string(let text)? = found else { throw wrong(key, entry, "a string", found) }
    return text
  }

  func list(_ key: String, of value: JSONValue, _ entry: String) throws -> [JSONValue] {
    let found = member(key, of: value)
    guard case .array(let list)? = found else { throw wrong(key, entry, "a list", found) }
    return list
  }

  func texts(_ key: String, of value: JSONValue, _ entry: String) throws -> [String] {
    try list(key, of: value, entry).map { element in
      guard case .string(let text) = element else { throw wrong(key, entry, "a list of strings", element) }
      return text
    }
  }

  /// A number; nil for Python's NaN.
  func number(_ key: String, of value: JSONValue, _ entry: String) throws -> Double? {
    let found = member(key, of: value)
    guard let number = found?.number, !number.isInfinite else { throw wrong(key, entry, "a number", found) }
    return number.isNaN ? nil : number
  }
}
