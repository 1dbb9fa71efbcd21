import Foundation
import Yams

/// Turns the text of a recipe into values, by a reader that nothing in the text can hurt.
///
/// Recipes are small and plain: at most 256 KiB, 64 levels deep, without anchors and aliases. Those let a few lines
/// stand for billions of values, so they are looked for before any reader of YAML sees the text.
struct RecipeText {
  /// The most bytes of a recipe.
  static let sizeLimit = 1 << 18
  /// The deepest nesting.
  static let depthLimit = 64

  let name: String

  /// The values of a text; nil for one that says nothing.
  ///
  /// - Throws: ``RecipeError/malformed(file:line:problem:)``.
  func parse(_ text: String) throws(RecipeError) -> RecipeValue? {
    guard text.utf8.count <= Self.sizeLimit else {
      throw malformed(
        1, "a recipe has at most \(Self.sizeLimit >> 10) KiB, this one \(text.utf8.count >> 10)")
    }
    if let found = AliasFinder.firstAlias(in: text) {
      throw malformed(
        found.line,
        "\"\(found.text)\" looks like an anchor or an alias of YAML, which recipes do not use; write the "
          + "value out, or a text in quotes with something before the \(found.text.prefix(1))")
    }
    // Nesting takes stack in the reader, and other threads than the main one may have little of it.
    let (name, result) = (name, ResultBox())
    let thread = Thread { result.value = Result { try Self.compose(text, name: name) } }
    thread.stackSize = 64 << 20
    thread.start()
    switch result.wait() {
    case .success(let value): return value
    case .failure(let error as RecipeError): throw error
    case .failure(let error): throw malformed(1, "the YAML cannot be read (\(error))")
    }
  }

  private func malformed(_ line: Int, _ problem: String) -> RecipeError {
    .malformed(file: name, line: line, problem: problem)
  }

  private static func compose(_ text: String, name: String) throws -> RecipeValue? {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw failure(error, name: name)
    }
    guard let node, let value = try value(node, name: name, depth: 0, line: 1) else { return nil }
    return value
  }

  private static func value(_ node: Node, name: String, depth: Int, line: Int) throws -> RecipeValue? {
    let line = node.mark?.line ?? line
    guard depth < depthLimit else {
      throw RecipeError.malformed(
        file: name, line: line, problem: "more than \(depthLimit) levels of nesting")
    }
    switch node {
    case .scalar(let scalar):
      return RecipeValue(content: .scalar(scalar.string, isPlain: scalar.style == .plain), line: line)
    case .sequence(let sequence):
      let elements = try sequence.compactMap { try value($0, name: name, depth: depth + 1, line: line) }
      return RecipeValue(content: .list(elements), line: line)
    case .mapping(let mapping):
      var members: [RecipeValue.Member] = []
      for (key, node) in mapping {
        guard case .scalar(let scalar) = key else {
          throw RecipeError.malformed(
            file: name, line: key.mark?.line ?? line, problem: "a key must be a word")
        }
        let keyLine = scalar.mark?.line ?? line
        guard let value = try value(node, name: name, depth: depth + 1, line: keyLine) else { continue }
        members.append(RecipeValue.Member(key: scalar.string, line: keyLine, value: value))
      }
      return RecipeValue(content: .mapping(members), line: line)
    case .alias: return nil
    }
  }

  private static func failure(_ error: YamlError, name: String) -> RecipeError {
    func at(_ mark: Mark, _ problem: String) -> RecipeError {
      .malformed(file: name, line: max(1, mark.line), problem: problem)
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return at(mark, [context?.text, problem].compactMap { $0 }.joined(separator: ", "))
    case .duplicatedKeysInMapping(let keys, let context):
      return at(context.mark, "\"\(keys.joined(separator: "\", \""))\" stands there twice")
    case .reader(let problem, _, let value, _):
      return .malformed(file: name, line: 1, problem: "the text cannot be read: \(problem) (\(value))")
    default:
      return .malformed(file: name, line: 1, problem: "the YAML cannot be read")
    }
  }
}

/// Hands the result of a thread over.
private final class ResultBox: @unchecked Sendable {
  // Unchecked: written once before the signal, read after it.
  private let semaphore = DispatchSemaphore(value: 0)
  var value: Result<RecipeValue?, any Error> = .success(nil) { didSet { semaphore.signal() } }

  func wait() -> Result<RecipeValue?, any Error> {
    semaphore.wait()
    return value
  }
}

/// Finds what might be an anchor or an alias, without understanding the YAML around it.
///
/// It errs on the side of finding: an `&` or `*` before a word, where a value could begin, counts also within quotes.
/// Only what is surely in a comment does not: behind a `#` on a line without a quote before it.
enum AliasFinder {
  static func firstAlias(in text: String) -> (line: Int, text: String)? {
    var line = 1
    // What YAML begins a line with, and what a value may follow.
    var isCommented = false
    var hasQuote = false
    var previous: Unicode.Scalar = "\n"
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        if scalar != "\n" || previous != "\r" { line += 1 }
        (isCommented, hasQuote) = (false, false)
      case "#":
        if !hasQuote, startsToken(after: previous, isQuoteAllowed: false) { isCommented = true }
      case "\"", "'": hasQuote = true
      case "&", "*":
        let follows = index + 1 < scalars.count && isWord(scalars[index + 1])
        if follows, startsToken(after: previous, isQuoteAllowed: true), !isCommented || hasQuote {
          let word = scalars[(index + 1)...].prefix(20).prefix(while: isWord)
          return (line, String(scalar) + String(String.UnicodeScalarView(word)))
        }
      default: break
      }
      previous = scalar
    }
    return nil
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-")
  }

  private static func startsToken(after scalar: Unicode.Scalar, isQuoteAllowed: Bool) -> Bool {
    switch scalar {
    case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}", " ", "\t": true
    case "[", "]", "{", "}", ",", ":", "?", "-", "\"", "'": isQuoteAllowed
    default: false
    }
  }
}
