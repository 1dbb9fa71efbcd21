package import JSON

/// A value of a JSON row, as far as captions need it.
package enum JSONField: Equatable {
  case text(String)
  /// A whole number, as it is written.
  case integer(String)
  /// A list of strings only, and, in words, the first value in it that stands for a missing one.
  case list([String], missing: String?)
  /// `null`, or Python's `NaN`: nothing is there.
  case missing(String)
  /// Anything else, in words.
  case other(String)

  /// The id that the field holds: a string, or a whole number, which is the same id as its digits.
  package var identifier: String? {
    switch self {
    case .text(let text): text.isEmpty ? nil : text
    case .integer(let digits): digits
    case .list, .missing, .other: nil
    }
  }

  /// What the field is, in words.
  package var found: String {
    switch self {
    case .text(let text): text.isEmpty ? "an empty string" : "a string"
    case .integer(let digits): "the number \(digits)"
    case .list(_, let missing?): "a list with \(missing) in it"
    case .list(let list, nil):
      switch list.count {
      case 0: "an empty list"
      case 1: "a list"
      default: "a list of \(list.count) captions"
      }
    case .missing(let found), .other(let found): found
    }
  }

  /// What stands where a caption must be, in words.
  var foundInPlaceOfCaption: String {
    switch self {
    case .text(let text): MissingCaption.found(inString: text) ?? found
    case .list(let list, nil) where list.count == 1:
      list.first.flatMap { MissingCaption.found(inString: $0) }.map { "a list with \($0) in it" } ?? found
    default: found
    }
  }
}

extension JSONScanner {
  /// Reads a value of any kind; what captions have no use for is skipped and named.
  package mutating func field() throws(JSONSyntaxError) -> JSONField {
    let kind = try kind()
    switch kind {
    case .string: return .text(try string())
    case .number:
      let number = try number()
      if number == "NaN" { return .missing(number) }
      let isWhole = number.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
      return isWhole ? .integer(number) : .other("the number \(number)")
    case .array:
      var list: [String] = []
      var missing: String?
      var foreign: Kind?
      try open("[")
      var isFirst = true
      while try next(isFirst: &isFirst, closing: "]") {
        switch try self.kind() {
        case .string: list.append(try string())
        case .null:
          try null()
          missing = missing ?? Kind.null.rawValue
        case .number where byte == UInt8(ascii: "N"):
          let number = try number()
          missing = missing ?? number
        case let element:
          foreign = foreign ?? element
          try skipValue()
        }
      }
      return foreign.map { .other("a list with \($0.rawValue) in it") } ?? .list(list, missing: missing)
    case .null:
      try null()
      return .missing(kind.rawValue)
    case .object, .boolean:
      try skipValue()
      return .other(kind.rawValue)
    }
  }
}
