public import CLIP
import CaptionData
import Files
public import Foundation

/// Scores captions by how well they fit their images: CLIPScore, and RefCLIPScore where there are references.
///
/// ```swift
/// let scorer = CLIPScorer(embedder: embedder, definition: .hessel)
/// let result = try scorer.score([
///   .init(id: "1", image: photo, candidate: "a dog on the grass", references: ["a dog lies in a garden"])
/// ])
/// print(result.corpus, result.referenceCorpus ?? "–")
/// ```
public struct CLIPScorer: Sendable {
  /// What embeds the images and the texts.
  public let embedder: any ImageTextEmbedder
  /// Which of the three CLIPScores.
  public let definition: CLIPScoreDefinition
  /// How a cosine becomes a score: the definition, and the model's own range where it has one.
  public var formula: CLIPScoreFormula {
    CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
  }

  /// How many images' embeddings are held at a time, with those of their captions: memory does not grow with
  /// the number of images. At least 1.
  public let imagesAtOnce: Int

  /// Creates a scorer.
  public init(
    embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel, imagesAtOnce: Int = 1024
  ) {
    self.embedder = embedder
    self.definition = definition
    self.imagesAtOnce = max(1, imagesAtOnce)
  }

  /// A caption to be scored.
  public struct Item: Sendable {
    /// What the caption is called in the report.
    public var id: String
    /// The file of its image.
    public var image: URL
    /// The caption, without prefix.
    public var candidate: String
    /// What people wrote about the image, without prefix.
    public var references: [String]

    /// Creates an item.
    public init(id: String, image: URL, candidate: String, references: [String] = []) {
      self.id = id
      self.image = image
      self.candidate = candidate
      self.references = references
    }
  }

  /// What is being embedded while progress is reported.
  public enum Stage: String, Sendable {
    case images
    case texts
  }

  /// Called now and then with what is being embedded, the number of items done and the number of all.
  public typealias Progress = @Sendable (_ stage: Stage, _ done: Int, _ total: Int) -> Void

  /// Scores captions, ``imagesAtOnce`` images at a time. Identical images (by path) are embedded once, and so
  /// are identical texts about images that are scored together.
  ///
  /// - Parameters:
  ///   - withReferences: whether RefCLIPScore is computed too; every item then needs a reference.
  ///   - keepGoing: whether an item that cannot be embedded is skipped and listed.
  /// - Throws: ``CLIPScoreError``, and what the embedder throws.
  public func score(
    _ items: [Item], withReferences: Bool = false, keepGoing: Bool = false, progress: Progress? = nil
  ) throws -> CLIPScoreResult {
    let compared = try ImageTextComparison(
      embedder: embedder, prefix: definition.prefix, imagesAtOnce: imagesAtOnce
    ).compare(
      items.map {
        ComparedCaption(
          id: $0.id, image: $0.image, candidate: $0.candidate, references: withReferences ? $0.references : []
        )
      }, withReferences: withReferences, keepGoing: keepGoing, progress: progress)
    let formula = formula
    var result = CLIPScoreResult(
      definition: definition,
      scores: compared.cosines.map { cosines in
        cosines?.image.map { image in
          CLIPPairScore(
            score: formula.score(cosine: image),
            referenceScore: cosines?.reference.map {
              formula.referenceScore(cosine: image, bestReferenceCosine: $0)
            })
        }
      })
    result.skipped = compared.skipped
    result.truncatedCandidates = compared.truncatedCandidates
    result.truncatedReferences = compared.truncatedReferences
    return result
  }
}
