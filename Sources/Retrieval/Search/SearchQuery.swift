import Files
public import Foundation

/// What is looked for: texts and images, each with a weight.
///
///     "a dog on the beach" + "snow" - "people" 2:cat photo.jpg
///
/// A `+` or `-` before a term is its sign, a number with a colon its weight. What is the name of a file is an image, the rest is text.
public struct SearchQuery: Sendable, Equatable {
  /// A part of a query.
  public struct Term: Sendable, Equatable {
    /// What it says.
    public enum Content: Sendable, Equatable {
      /// Words.
      case text(String)
      /// An image file.
      case image(URL)
    }

    /// What it says.
    public var content: Content
    /// How much it counts; below 0 for what is not wanted.
    public var weight: Double

    /// Creates a part.
    public init(_ content: Content, weight: Double = 1) {
      self.content = content
      self.weight = weight
    }
  }

  /// The parts.
  public let terms: [Term]

  /// Takes parts.
  public init(_ terms: [Term]) { self.terms = terms }

  /// Reads a query as the command takes it.
  ///
  /// - Throws: ``RetrievalError/badQuery(term:expected:)``.
  public init(words: [String]) throws(RetrievalError) {
    var terms: [Term] = []
    var sign: Double?
    for word in words {
      if word == "+" || word == "-" {
        guard sign == nil else {
          throw .badQuery(term: word, expected: "a term after \(sign == 1 ? "+" : "-")")
        }
        sign = word == "+" ? 1 : -1
        continue
      }
      var weight = 1.0
      var text = Substring(word)
      if let colon = word.firstIndex(of: ":"), let number = Double(word[..<colon]) {
        guard (0...Self.mostWeight).contains(number) else {
          throw .badQuery(term: word, expected: "a weight from 0 to 1000000; - before a term turns it round")
        }
        weight = number
        text = word[word.index(after: colon)...]
      }
      guard text.contains(where: { !$0.isWhitespace }) else {
        throw .badQuery(term: word, expected: "words, or the name of an image")
      }
      // A folder is none: one may well be called as what is looked for.
      var isFolder: ObjCBool = false
      let isFile =
        FileManager.default.fileExists(atPath: String(text), isDirectory: &isFolder) && !isFolder.boolValue
      // As words, a name with a slip in it would find something all the same.
      guard isFile || !ImageFormat.isNameOfOne(String(text)) else {
        throw .badQuery(
          term: word, expected: "an image file that is there, since it is named as one, or words")
      }
      terms.append(
        Term(
          isFile ? .image(URL(fileURLWithPath: String(text))) : .text(String(text)),
          weight: (sign ?? 1) * weight))
      sign = nil
    }
    if let sign { throw .badQuery(term: sign == 1 ? "+" : "-", expected: "a term after it") }
    guard terms.contains(where: { $0.weight > 0 }) else {
      throw .badQuery(term: words.joined(separator: " "), expected: "something that is wanted")
    }
    self.terms = terms
  }

  /// The most that a term weighs, far below what 32-bit numbers hold.
  private static let mostWeight = 1e6

  /// The sum of unit embeddings, each with its weight.
  ///
  /// - Throws: ``RetrievalError/badQuery(term:expected:)`` where nothing is left, ``RetrievalError/otherDimension(rows:query:)``.
  public static func sum(
    of terms: [(embedding: [Float], weight: Double)]
  ) throws(RetrievalError) -> [Float] {
    var sum = [Float](repeating: 0, count: terms.first?.embedding.count ?? 0)
    for (embedding, weight) in terms {
      guard embedding.count == sum.count else {
        throw .otherDimension(rows: sum.count, query: embedding.count)
      }
      for (place, number) in embedding.enumerated() { sum[place] += Float(weight) * number }
    }
    guard sum.contains(where: { $0 != 0 }) else {
      throw .badQuery(term: "-", expected: "terms that do not cancel each other")
    }
    return sum
  }
}
