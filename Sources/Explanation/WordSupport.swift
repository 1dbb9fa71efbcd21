/// How well an image supports a word of a caption.
public struct WordSupport: Sendable, Equatable {
  /// Another word in its place.
  public struct Alternative: Sendable, Equatable {
    /// The word.
    public var word: String
    /// The CLIPScore of the caption with it.
    public var score: Double
  }

  /// The word as it stands in the caption.
  public var word: String
  /// Where it stands in the caption.
  public var range: Range<String.Index>
  /// By how much the CLIPScore of the caption is higher than with the best alternative of the word's kind, or, for a word
  /// without alternatives, than without the word. Below zero where the image fits the other caption better; nil for function
  /// words, and for words beyond the model's context.
  public var support: Double?
  /// By how much the CLIPScore falls where the word is removed; nil where ``support`` is.
  public var removal: Double?
  /// The alternative that fits the image best; nil where the word has none.
  public var alternative: Alternative?

  /// The support below which a word is called a likely hallucination: with mini, that of 5 % of the content words in the captions
  /// that people wrote of Flickr8k's development images (`plumb evaluate words`).
  public static let defaultThreshold = -0.13

  /// How a word is to be shown.
  public enum Level: Sendable, Equatable {
    /// A function word, or beyond the model's context.
    case notJudged
    /// Half the threshold or more.
    case supported
    /// Below half the threshold, and not below the threshold.
    case doubtful
    /// Below the threshold.
    case unsupported
  }

  /// How the word is to be shown under a threshold.
  public func level(threshold: Double) -> Level {
    guard let support else { return .notJudged }
    return support < threshold ? .unsupported : support < threshold / 2 ? .doubtful : .supported
  }
}

/// A caption with the support of each of its words.
public struct ExplainedCaption: Sendable {
  /// What the caption is called.
  public var id: String
  /// The caption.
  public var caption: String
  /// Its CLIPScore.
  public var score: Double
  /// Its words, from first to last.
  public var words: [WordSupport]
  /// Whether the model saw only its beginning.
  public var isTruncated: Bool
}
