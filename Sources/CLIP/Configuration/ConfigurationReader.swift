import Files
package import Foundation
package import JSON

/// A JSON object of a configuration file, read key by key with the file and the path in every error.
package struct ConfigurationReader {
  /// The members.
  package let members: [String: JSONValue]
  /// The file, for messages.
  let file: String
  /// The path to this object, ending in a point, or empty at the top.
  let path: String

  /// Far above any configuration, which has a few kilobytes.
  private static let sizeLimit = 64 << 20

  init(members: [String: JSONValue], file: String, path: String = "") {
    self.members = members
    self.file = file
    self.path = path
  }

  /// Reads a whole file.
  package init(_ url: URL) throws {
    let mapped = try MappedFile(url)
    if let placeholder = PlaceholderFile(mapped.bytes) {
      throw CheckpointError.otherFormat(file: url.path, what: placeholder.what, remedy: placeholder.remedy)
    }
    guard mapped.bytes.count <= Self.sizeLimit else {
      throw FileReadError.damaged(
        file: url.path, key: "its length", expected: "at most \(Self.sizeLimit) bytes",
        found: "\(mapped.bytes.count)")
    }
    do {
      let value = try JSONValue(parsing: mapped.bytes)
      guard let members = value.object else {
        throw FileReadError.damaged(
          file: url.path, key: "the document", expected: "a JSON object", found: value.summary)
      }
      self.init(members: members, file: url.path)
    } catch let error as JSONSyntaxError {
      throw FileReadError.damaged(
        file: url.path, key: "byte \(error.offset)", expected: "a JSON object", found: error.problem)
    }
  }

  /// Whether the key is there and not null.
  package func has(_ key: String) -> Bool { members[key].map { !$0.isNull } ?? false }

  /// The object of a key, or nil when it is absent or null.
  package func object(_ key: String) throws -> ConfigurationReader? {
    guard let value = members[key], !value.isNull else { return nil }
    guard let object = value.object else { throw bad(key, "an object", value) }
    return ConfigurationReader(members: object, file: file, path: "\(path)\(key).")
  }

  /// A whole number within bounds, or `fallback` when the key is absent.
  package func integer(_ key: String, in bounds: ClosedRange<Int>, default fallback: Int) throws -> Int {
    guard let value = members[key] else { return fallback }
    guard let whole = value.integer, bounds.contains(whole) else {
      throw bad(key, "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)", value)
    }
    return whole
  }

  /// The side of a square, given as one number or as a list of two equal ones.
  func side(_ key: String, default fallback: Int) throws -> Int {
    let bounds = CLIPConfiguration.Bounds.side
    guard let value = members[key] else { return fallback }
    let sides = value.array?.map(\.integer) ?? [value.integer]
    guard let first = sides.first, let side = first, (1...2).contains(sides.count),
      sides.allSatisfy({ $0 == side }), bounds.contains(side)
    else { throw bad(key, "the side of a square, from \(bounds.lowerBound) to \(bounds.upperBound)", value) }
    return side
  }

  /// A list of at most `most` whole numbers within bounds, or nil when the key is absent or null.
  func integers(_ key: String, in bounds: ClosedRange<Int>, most: Int) throws -> [Int]? {
    guard let value = members[key], !value.isNull else { return nil }
    let expected =
      "a list of at most \(most) whole numbers from \(bounds.lowerBound) to \(bounds.upperBound)"
    guard let list = value.array, list.count <= most else { throw bad(key, expected, value) }
    return try list.map { item in
      guard let whole = item.integer, bounds.contains(whole) else { throw bad(key, expected, item) }
      return whole
    }
  }

  /// A positive number, or `fallback` when the key is absent.
  func positive(_ key: String, default fallback: Double) throws -> Double {
    guard let value = members[key] else { return fallback }
    guard let number = value.number, number > 0, number < 1e6 else {
      throw bad(key, "a positive number", value)
    }
    return number
  }

  /// A number within bounds, or nil when the key is absent or null.
  package func number(_ key: String, in bounds: ClosedRange<Double>) throws -> Double? {
    guard let value = members[key], !value.isNull else { return nil }
    guard let number = value.number, bounds.contains(number) else {
      throw bad(key, "a number from \(bounds.lowerBound) to \(bounds.upperBound)", value)
    }
    return number
  }

  /// A cosine that is not 1 or −1, or nil when the key is absent or null.
  func cosine(_ key: String) throws -> Double? {
    guard let value = members[key], !value.isNull else { return nil }
    guard let number = value.number, abs(number) < 1 else {
      throw bad(key, "a number between -1 and 1", value)
    }
    return number
  }

  /// A text, or nil when the key is absent or null.
  package func string(_ key: String) throws -> String? {
    guard let value = members[key], !value.isNull else { return nil }
    guard let text = value.string else { throw bad(key, "a string", value) }
    return text
  }

  /// A truth value, or `fallback` when the key is absent or null.
  package func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = members[key], !value.isNull else { return fallback }
    guard let truth = value.bool else { throw bad(key, "true or false", value) }
    return truth
  }

  /// The error of a value that does not do.
  package func bad(_ key: String, _ expected: String, _ found: JSONValue?) -> CheckpointError {
    .badConfiguration(
      file: file, key: "\(path)\(key)", expected: expected, found: found?.summary ?? "nothing")
  }

  /// The error of a model of another kind.
  func unsupported(_ what: String) -> CheckpointError { .unsupportedModel(file: file, what: what) }
}
