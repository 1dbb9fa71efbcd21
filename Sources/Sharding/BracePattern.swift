/// Names with ranges and alternatives in braces, as shells and webdataset expand them.
///
/// `data/{00000..00099}.tar` is a hundred names, `{train,val}-{0..3}.tar` eight, and `{0..10..5}` counts in steps.
enum BracePattern {
  /// The most names of a pattern: more are a slip of the keyboard.
  private static let limit = 10_000_000

  /// The names, in order; a pattern without braces is a name.
  ///
  /// - Throws: ``ShardingError/badPattern(pattern:problem:)``.
  static func expand(_ pattern: String) throws(ShardingError) -> [String] {
    try expand(pattern[...], of: pattern)
  }

  private static func expand(_ text: Substring, of pattern: String) throws(ShardingError) -> [String] {
    guard let start = text.firstIndex(of: "{") else {
      guard !text.contains("}") else {
        throw .badPattern(pattern: pattern, problem: "a closing brace has no opening one")
      }
      return [String(text)]
    }
    let (alternatives, end) = try alternatives(of: text, from: start, pattern)
    let rests = try expand(text[end...], of: pattern)
    let before = String(text[..<start])
    guard !before.contains("}") else {
      throw .badPattern(pattern: pattern, problem: "a closing brace has no opening one")
    }
    guard alternatives.count.multipliedReportingOverflow(by: rests.count).partialValue <= limit else {
      throw .badPattern(pattern: pattern, problem: "it names more than \(limit) files")
    }
    return alternatives.flatMap { middle in rests.map { before + middle + $0 } }
  }

  /// What the braces at `start` stand for, and where what follows them begins.
  private static func alternatives(
    of text: Substring, from start: Substring.Index, _ pattern: String
  ) throws(ShardingError) -> ([String], Substring.Index) {
    var depth = 0
    var parts: [Substring] = []
    var partStart = text.index(after: start)
    for index in text[start...].indices {
      switch text[index] {
      case "{": depth += 1
      case ",":
        guard depth == 1 else { continue }
        parts.append(text[partStart..<index])
        partStart = text.index(after: index)
      case "}":
        depth -= 1
        guard depth == 0 else { continue }
        let last = text[partStart..<index]
        let after = text.index(after: index)
        if parts.isEmpty { return (try range(last, pattern), after) }
        var names: [String] = []
        for part in parts + [last] { names += try expand(part, of: pattern) }
        return (names, after)
      default: break
      }
    }
    throw .badPattern(pattern: pattern, problem: "a brace is not closed")
  }

  /// The numbers of a range; those of `001..100` all have three digits.
  private static func range(_ text: Substring, _ pattern: String) throws(ShardingError) -> [String] {
    guard let match = text.wholeMatch(of: /(\d{1,18})\.\.(\d{1,18})(?:\.\.(\d{1,18}))?/),
      let first = Int(match.1), let last = Int(match.2), let step = match.3.map({ Int($0) }) ?? 1, step > 0
    else {
      throw .badPattern(pattern: pattern, problem: "\"{\(text)}\" is neither a range nor alternatives")
    }
    guard abs(last - first) / step < limit else {
      throw .badPattern(pattern: pattern, problem: "it names more than \(limit) files")
    }
    let isPadded = [match.1, match.2].contains { $0.count > 1 && $0.hasPrefix("0") }
    let width = isPadded ? max(match.1.count, match.2.count) : 0
    return stride(from: first, through: last, by: first <= last ? step : -step).map {
      let digits = String($0)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
  }
}
