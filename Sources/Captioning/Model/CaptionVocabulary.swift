import Files
import Foundation
import TextProcessing

/// The words that a captioner knows, each with a number: the end of a caption, its begin, the unknown word, then words from
/// the most frequent one on.
///
/// Words are those that the n-gram metrics compare: Penn Treebank tokens in lower case, without punctuation.
public struct CaptionVocabulary: Sendable, Equatable {
  /// The number of the end.
  public static let end: Int32 = 0
  /// The number of the begin.
  public static let begin: Int32 = 1
  /// The number of every word that is not in the vocabulary.
  public static let unknown: Int32 = 2
  /// What is in no caption that is generated.
  package static let neverWritten = [begin, unknown]
  /// What the special words are called in `words.txt`.
  static let specials = ["<end>", "<begin>", "<unknown>"]

  /// All words, the special ones first.
  public let words: [String]
  private let numbers: [String: Int32]

  /// Takes words, without the special ones.
  public init(words: [String]) {
    self.words = Self.specials + words
    numbers = Dictionary(zip(self.words, Int32(0)...)) { first, _ in first }
  }

  /// The words that occur at least `minimum` times in captions, the most frequent ones first; among equals by the alphabet.
  public init(captions: [[String]], minimum: Int) {
    var counts: [String: Int] = [:]
    for word in captions.joined() { counts[word, default: 0] += 1 }
    let kept = counts.filter { $0.value >= minimum && !Self.specials.contains($0.key) }
    self.init(words: kept.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key))
  }

  /// Reads `words.txt`. Throws `FileReadError`.
  init(contentsOf url: URL) throws {
    let file = try MappedFile(url)
    let text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    let words = text.split(separator: "\n").map(String.init)
    guard Array(words.prefix(Self.specials.count)) == Self.specials else {
      throw FileReadError.damaged(
        file: url.path, key: "line 1",
        expected: "\(Self.specials.joined(separator: ", ")), then words, one a line",
        found: words.prefix(3).joined(separator: ", "))
    }
    guard Set(words).count == words.count else {
      throw FileReadError.damaged(
        file: url.path, key: "the list", expected: "each word once", found: "some twice")
    }
    self.init(words: Array(words.dropFirst(Self.specials.count)))
  }

  /// The text of `words.txt`.
  var text: String { words.map { $0 + "\n" }.joined() }

  /// The number of words, with the special ones.
  public var count: Int { words.count }

  /// The number of a word.
  public subscript(word: String) -> Int32 { numbers[word] ?? Self.unknown }

  /// The numbers of a caption's words.
  public func encode(_ tokens: [String]) -> [Int32] { tokens.map { self[$0] } }

  /// The caption of some numbers as people write it, without an end: `a man 's dog` becomes `a man's dog`.
  public func text(of numbers: some Sequence<Int32>) -> String {
    Self.joined(
      numbers.filter { $0 != Self.end && $0 != Self.begin }.map { number in
        words.indices.contains(Int(number)) ? words[Int(number)] : Self.specials[2]
      })
  }

  /// Words as people write them.
  static func joined(_ words: [String]) -> String {
    var text = ""
    for word in words {
      // What the tokenizer has cut off.
      let isAttached = word.hasPrefix("'") || word == "n't"
      text += text.isEmpty || isAttached ? word : " \(word)"
    }
    return text
  }
}
