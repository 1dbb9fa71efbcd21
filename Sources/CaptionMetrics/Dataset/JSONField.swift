import JSON

/// A value of a JSON row, as far as captions need it.
enum JSONField: Equatable {
  case text(String)
  /// A whole number, as it is written.
  case integer(String)
  /// A list of strings only.
  case list([String])
  /// Anything else, in words.
  case other(String)

  /// The id that the field holds: a string, or a whole number, which is the same id as its digits.
  var identifier: String? {
    switch self {
    case .text(let text): text.isEmpty ? nil : text
    case .integer(let digits): digits
    case .list, .other: nil
    }
  }

  /// What the field is, in words.
  var found: String {
    switch self {
    case .text(let text): text.isEmpty ? "an empty string" : "a string"
    case .integer(let digits): "the number \(digits)"
    case .list(let list):
      switch list.count {
      case 0: "an empty list"
      case 1: "a list"
      default: "a list of \(list.count) captions"
      }
    case .other(let found): found
    }
  }
}

extension JSONScanner {
  /// Reads a value of any kind; what captions have no use for is skipped and named.
  mutating func field() throws(JSONSyntaxError) -> JSONField {
    let kind = try kind()
    switch kind {
    case .string: return .text(try string())
    case .number:
      let number = try number()
      let isWhole = number.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
      return isWhole ? .integer(number) : .other("the number \(number)")
    case .array:
      var list: [String] = []
      var foreign: Kind?
      try open("[")
      var isFirst = true
      while try next(isFirst: &isFirst, closing: "]") {
        let element = try self.kind()
        if element == .string {
          list.append(try string())
        } else {
          foreign = foreign ?? element
          try skipValue()
        }
      }
      return foreign.map { .other("a list with \($0.rawValue) in it") } ?? .list(list)
    case .object, .boolean, .null:
      try skipValue()
      return .other(kind.rawValue)
    }
  }
}
