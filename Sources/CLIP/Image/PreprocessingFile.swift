import Files
import Foundation
import JSON

/// A JSON object with a file's name, whose fields are read with errors that name both.
struct PreprocessingFile {
  /// The largest length in pixels that a description may ask for.
  static let longestLength = 1 << 20

  /// The file's name, for errors.
  var name: String
  /// Where the object is within the file, for errors: empty, or a path that ends in a point.
  var path = ""
  /// The fields that are not null.
  var fields: [String: JSONValue]

  /// Reads a file, or returns `nil` when there is none of that name.
  init?(ifPresent url: URL) throws(ImageError) {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let name = url.relativePath
    let data: Data
    do { data = try Data(contentsOf: url) } catch {
      throw .unreadable(file: name, reason: systemReason(of: error))
    }
    if let placeholder = PlaceholderFile(data) {
      throw .placeholder(file: name, what: placeholder.what, remedy: placeholder.remedy)
    }
    guard let fields = (try? JSONValue(parsing: data))?.object else {
      throw .badPreprocessing(file: name, key: "the file", expected: "a JSON object", found: "something else")
    }
    self.init(name: name, fields: fields)
  }

  init(name: String, path: String = "", fields: [String: JSONValue]) {
    self.name = name
    self.path = path
    self.fields = fields.filter { !$0.value.isNull }
  }

  func error(_ key: String, expected: String) -> ImageError {
    .badPreprocessing(
      file: name, key: path + key, expected: expected, found: fields[key]?.summary ?? "nothing")
  }

  func object(_ key: String) throws(ImageError) -> PreprocessingFile? {
    switch fields[key] {
    case nil: return nil
    case let value?:
      guard let inner = value.object else { throw error(key, expected: "an object") }
      return PreprocessingFile(name: name, path: path + key + ".", fields: inner)
    }
  }

  func flag(_ key: String, default value: Bool) throws(ImageError) -> Bool {
    switch fields[key] {
    case nil: return value
    case .bool(let flag): return flag
    default: throw error(key, expected: "true or false")
    }
  }

  func string(_ key: String) throws(ImageError) -> String? {
    switch fields[key] {
    case nil: return nil
    case .string(let text): return text
    default: throw error(key, expected: "a string")
    }
  }

  /// A length in pixels.
  func length(_ key: String) throws(ImageError) -> Int? {
    switch fields[key] {
    case nil: return nil
    case let value?:
      guard let length = value.integer, (1...Self.longestLength).contains(length) else {
        throw error(key, expected: "a whole number of pixels from 1 to \(Self.longestLength)")
      }
      return length
    }
  }

  /// One length for both sides, or a list of height and width.
  func lengths(_ key: String) throws(ImageError) -> (height: Int, width: Int)? {
    guard case .array(let values)? = fields[key] else {
      return try length(key).map { ($0, $0) }
    }
    let parts = PreprocessingFile(
      name: name, path: path + key + ".", fields: ["0": values.first ?? .null, "1": values.last ?? .null])
    guard (1...2).contains(values.count), let height = try parts.length("0"),
      let width = try parts.length("1")
    else { throw error(key, expected: "a length, or a list of height and width") }
    return (height, width)
  }

  /// Three finite numbers, or one for all three channels.
  func channels(_ key: String, default value: SIMD3<Double>) throws(ImageError) -> SIMD3<Double> {
    guard let field = fields[key] else { return value }
    let numbers = field.array ?? [field, field, field]
    guard numbers.count == 3 else { throw error(key, expected: "three numbers") }
    var result = SIMD3<Double>()
    for (i, number) in numbers.enumerated() {
      guard let part = number.number, Float(part).isFinite else {
        throw error(key, expected: "three finite numbers")
      }
      result[i] = part
    }
    return result
  }

  /// Three finite numbers that may be divided by.
  func divisors(_ key: String, default value: SIMD3<Double>) throws(ImageError) -> SIMD3<Double> {
    let result = try channels(key, default: value)
    for i in 0..<3 where Float(result[i]) == 0 { throw error(key, expected: "three numbers other than zero") }
    return result
  }
}
