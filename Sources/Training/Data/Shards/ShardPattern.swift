import Foundation

/// The files that a pattern such as `train-{0000..0127}.tar` or `{a,b}/{0..7}.tar` stands for.
struct ShardPattern {
  /// The most files that patterns may stand for.
  static let limit = 100_000

  /// The paths, in the order of the pattern.
  ///
  /// - Throws: ``DataError/badPattern(pattern:problem:)``.
  static func expand(_ pattern: String) throws(DataError) -> [String] {
    var paths = [""]
    var rest = Substring(pattern)
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw .badPattern(pattern: pattern, problem: "a brace is opened and never closed")
      }
      let inner = rest[rest.index(after: open)..<close]
      let choices = try choices(inner, pattern: pattern)
      guard paths.count * choices.count <= limit else {
        throw .badPattern(pattern: pattern, problem: "it stands for more than \(limit) files")
      }
      let before = rest[..<open]
      paths = paths.flatMap { path in choices.map { path + before + $0 } }
      rest = rest[rest.index(after: close)...]
    }
    return paths.map { $0 + rest }
  }

  private static func choices(_ inner: Substring, pattern: String) throws(DataError) -> [String] {
    if inner.contains(",") {
      return inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard let dots = inner.range(of: "..") else {
      throw .badPattern(pattern: pattern, problem: "{\(inner.prefix(40))} is neither a range nor a list")
    }
    let (first, last) = (inner[..<dots.lowerBound], inner[dots.upperBound...])
    let areDigits = [first, last].allSatisfy { text in
      !text.isEmpty && text.utf8.count <= 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard areDigits, let start = Int(first), let end = Int(last), start <= end else {
      throw .badPattern(pattern: pattern, problem: "{\(inner.prefix(40))} is no range of numbers")
    }
    guard end - start < limit else {
      throw .badPattern(pattern: pattern, problem: "it stands for more than \(limit) files")
    }
    let width = first.hasPrefix("0") ? first.count : 0
    return (start...end).map { number in
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
  }
}
