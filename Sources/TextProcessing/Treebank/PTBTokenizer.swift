/// Splits captions into words as pycocoevalcap 1.2 does: the tokens of Stanford's Penn Treebank tokenizer in lower
/// case, without the punctuation of pycocoevalcap's list.
public struct PTBTokenizer: Sendable {
  /// Makes a tokenizer.
  public init() {}

  /// The words of `caption`.
  ///
  /// Whatever stands at the end of a line there (line feed, carriage return, form feed, line separator) counts as a
  /// space. Characters that the treebank does not know, such as emoji, are left out.
  public func tokenize(_ caption: String) -> [String] { tokenize([caption]).first ?? [] }

  /// The words of each of `captions`, taken as the lines of one text.
  ///
  /// That is how pycocoevalcap hands them over, and it shows where a caption ends in an abbreviation: `plan B.` keeps
  /// its point, unless the next caption begins with a word such as `The`.
  public func tokenize(_ captions: [String]) -> [[String]] {
    IdleScanners.withScanner { scanner in
      var tokens = TokenBuffer()
      return captions.indices.map { index in
        scanner.scan(captions, at: index, into: &tokens)
        return (0..<tokens.count).filter { !Self.isPunctuation(tokens[$0]) }.map {
          String(decoding: tokens[$0], as: UTF8.self)
        }
      }
    }
  }

  /// Whether the table of rules could be read.
  package static var rulesAreSound: Bool { PTBScanner.rulesAreSound }

  /// Whether pycocoevalcap drops `token`.
  package static func isPunctuation(_ token: ArraySlice<UInt8>) -> Bool {
    guard let first = token.first, token.count <= 3 else { return false }
    let rest = token.dropFirst()
    switch first {
    case UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: ";"):
      return rest.isEmpty
    case UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "-"):
      return rest.isEmpty || (rest.count == 1 && rest.first == first)
    case UInt8(ascii: "."): return rest.isEmpty || (rest.count == 2 && rest.allSatisfy { $0 == first })
    default: return false
    }
  }
}
