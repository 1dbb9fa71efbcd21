public import CaptionData

/// Captions to be scored, and what several metrics look at, made once for all.
public struct MetricInput: Sendable {
  /// The captions with their references.
  public let items: [CaptionDataset.Item]
  /// The words of captions and references, where a metric compares words.
  public let words: TokenizedCorpus?
  /// How similar captions are to images and references, where a metric looks at images.
  public let similarities: ImageTextSimilarities?

  /// Puts captions together with what was computed of them.
  ///
  /// - Parameters:
  ///   - words: their words; nil has every metric split them anew.
  ///   - similarities: those of the captions, in the same order.
  public init(
    items: [CaptionDataset.Item], words: TokenizedCorpus? = nil, similarities: ImageTextSimilarities? = nil
  ) {
    self.items = items
    self.words = words
    self.similarities = similarities
  }
}

/// Cosines of captions with their images and their references.
public struct ImageTextSimilarities: Sendable, Equatable {
  /// What stood before captions and references when they were embedded.
  public var prefix: String
  /// The cosine of each caption with its image.
  public var images: [Double]
  /// The cosine of each caption with that of its references to which it is most similar; empty where references were
  /// not embedded.
  public var references: [Double]

  /// Holds cosines.
  public init(prefix: String, images: [Double], references: [Double] = []) {
    self.prefix = prefix
    self.images = images
    self.references = references
  }
}
