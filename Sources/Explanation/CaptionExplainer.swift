public import CLIP
public import CaptionData
public import CaptionMetrics
import Files
public import Foundation

/// Tells which words of captions their images do not support, by leaving out each word and by putting others in its place.
///
/// ```swift
/// let explainer = CaptionExplainer(embedder: clip)
/// let result = try explainer.explain([.init(id: "1", image: photo, caption: "two dogs asleep")])
/// for word in result.captions[0]?.words ?? [] { print(word.word, word.support ?? .nan) }
/// ```
///
/// For each image, the alternatives of a word are first compared with it by themselves, and the ``alternativeCount`` that fit best
/// stand in its place; all variants of the captions of a block are embedded together.
public struct CaptionExplainer: Sendable {
  /// A caption and its image.
  public struct Item: Sendable {
    /// What the caption is called.
    public var id: String
    /// The file of its image.
    public var image: URL
    /// The caption.
    public var caption: String

    /// Creates an item.
    public init(id: String, image: URL, caption: String) {
      self.id = id
      self.image = image
      self.caption = caption
    }
  }

  /// What explaining captions gives.
  public struct Result: Sendable {
    /// Each caption, in the order given; nil for one that was skipped.
    public var captions: [ExplainedCaption?]
    /// What was skipped, and why.
    public var skipped: [SkippedItem] = []
    /// How many captions were cut to the model's context.
    public var truncated: Int { captions.count { $0?.isTruncated == true } }
  }

  /// What embeds images and texts.
  public let embedder: any ImageTextEmbedder
  /// What words are compared with.
  public var kinds = WordKinds.builtIn
  /// How a cosine becomes a score.
  public var formula: CLIPScoreFormula
  /// How many alternatives of a word are tried in the caption, at least 1.
  public var alternativeCount = 4
  /// How many captions are embedded together, at least 1.
  public var captionsAtOnce = 256

  /// Creates an explainer.
  public init(embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel) {
    self.embedder = embedder
    formula = CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
  }

  /// Explains captions.
  ///
  /// - Parameters:
  ///   - keepGoing: whether a caption that cannot be embedded, or whose image cannot, is skipped and listed.
  ///   - progress: called now and then with the number of captions done and of all.
  /// - Throws: ``ExplanationError``, and what the embedder throws.
  public func explain(
    _ items: [Item], keepGoing: Bool = false, progress: EmbeddingProgress? = nil
  ) throws -> Result {
    var result = Result(captions: Array(repeating: nil, count: items.count))
    var words = WordEmbeddings()
    let size = max(1, captionsAtOnce)
    for start in stride(from: 0, to: items.count, by: size) {
      let block = ExplainedBlock(explainer: self, items: items[start..<min(start + size, items.count)])
      for (place, outcome) in try block.outcomes(words: &words).enumerated() {
        switch outcome {
        case .success(let caption): result.captions[start + place] = caption
        case .failure(let error):
          guard keepGoing else { throw error }
          let id = items[start + place].id
          result.skipped.append(SkippedItem(id: id, reason: sentence(for: error)))
        }
      }
      progress?(min(start + size, items.count), items.count)
    }
    if !items.isEmpty, result.captions.allSatisfy({ $0 == nil }) { throw ExplanationError.nothingToExplain }
    return result
  }
}
