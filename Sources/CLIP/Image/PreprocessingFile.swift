import Foundation

/// A JSON object with a file's name, whose fields are read with errors that name both.
struct PreprocessingFile {
  /// A JSON value.
  enum Value: Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
      } else if let value = try? container.decode([Value].self) {
        self = .array(value)
      } else {
        self = .object(try container.decode([String: Value].self))
      }
    }

    /// The value in a few words, for errors.
    var summary: String {
      switch self {
      case .null: "null"
      case .bool(let value): "\(value)"
      case .number(let value): value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
      case .string(let value): "\"\(value.prefix(60))\""
      case .array(let values): "a list of \(values.count)"
      case .object(let fields): "an object with \(fields.keys.sorted().prefix(6).joined(separator: ", "))"
      }
    }
  }

  /// The largest length in pixels that a description may ask for.
  static let longestLength = 1 << 20

  /// The file's name, for errors.
  var name: String
  /// Where the object is within the file, for errors: empty, or a path that ends in a point.
  var path = ""
  /// The fields that are not null.
  var fields: [String: Value]

  /// Reads a file, or returns `nil` when there is none of that name.
  init?(ifPresent url: URL) throws(ImageError) {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let name = url.relativePath
    let data: Data
    do { data = try Data(contentsOf: url) } catch {
      throw .unreadable(file: name, reason: error.localizedDescription)
    }
    guard let value = try? JSONDecoder().decode(Value.self, from: data), case .object(let fields) = value
    else {
      throw .badPreprocessing(file: name, key: "the file", expected: "a JSON object", found: "something else")
    }
    self.init(name: name, fields: fields)
  }

  init(name: String, path: String = "", fields: [String: Value]) {
    self.name = name
    self.path = path
    self.fields = fields.filter { if case .null = $0.value { false } else { true } }
  }

  func error(_ key: String, expected: String) -> ImageError {
    .badPreprocessing(
      file: name, key: path + key, expected: expected, found: fields[key]?.summary ?? "nothing")
  }

  func object(_ key: String) throws(ImageError) -> PreprocessingFile? {
    switch fields[key] {
    case nil: return nil
    case .object(let inner): return PreprocessingFile(name: name, path: path + key + ".", fields: inner)
    default: throw error(key, expected: "an object")
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
    case .number(let number):
      guard let length = Int(exactly: number), (1...Self.longestLength).contains(length) else {
        throw error(key, expected: "a whole number of pixels from 1 to \(Self.longestLength)")
      }
      return length
    default: throw error(key, expected: "a whole number of pixels")
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
    let numbers: [Value]
    switch fields[key] {
    case nil: return value
    case .array(let list) where list.count == 3: numbers = list
    case .number(let number)?: numbers = [.number(number), .number(number), .number(number)]
    default: throw error(key, expected: "three numbers")
    }
    var result = SIMD3<Double>()
    for (i, number) in numbers.enumerated() {
      guard case .number(let part) = number, Float(part).isFinite else {
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
