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
    if withReferences, !keepGoing, let bare = items.first(where: \.references.isEmpty) {
      throw CLIPScoreError.noReferences(id: bare.id)
    }
    let blocks = ScoringBlock.blocks(
      of: items, images: imagesAtOnce, prefix: definition.prefix, withReferences: withReferences)
    let imageCount = blocks.reduce(0) { $0 + $1.images.count }
    let textCount = blocks.reduce(0) { $0 + $1.texts.elements.count }
    var result = CLIPScoreResult(definition: definition, scores: Array(repeating: nil, count: items.count))
    var failures: [Int: CLIPScoreError] = [:]
    var imagesDone = 0
    var textsDone = 0
    for block in blocks {
      // Texts first: they are quick, and what is wrong with them is known before the images are decoded.
      let texts = try checked(
        embedder.embedTexts(
          block.texts.elements, keepGoing: keepGoing,
          progress: advanced(progress, .texts, by: textsDone, of: textCount)),
        count: block.texts.elements.count)
      let images = try checked(
        embedder.embedImages(
          at: block.images, keepGoing: keepGoing,
          progress: advanced(progress, .images, by: imagesDone, of: imageCount)),
        count: block.images.count)
      imagesDone += block.images.count
      textsDone += block.texts.elements.count
      for rows in block.rows {
        do throws(CLIPScoreError) {
          result.scores[rows.item] = try pairScore(
            rows, id: items[rows.item].id, images: images, texts: texts, withReferences: withReferences)
          // Of the captions that are scored only: the others are in no figure.
          result.truncatedCandidates += texts.truncated.contains(rows.candidate) ? 1 : 0
          result.truncatedReferences += rows.references.count { texts.truncated.contains($0) }
        } catch {
          guard keepGoing else { throw error }
          failures[rows.item] = error
        }
      }
    }
    result.skipped = failures.sorted { $0.key < $1.key }.map {
      SkippedItem(id: items[$0.key].id, reason: $0.value.description)
    }
    guard result.scores.contains(where: { $0 != nil }) else { throw CLIPScoreError.nothingToScore }
    return result
  }

  /// Reports a block's progress as that of all blocks.
  private func advanced(
    _ progress: Progress?, _ stage: Stage, by before: Int, of total: Int
  ) -> EmbeddingProgress? {
    guard let progress else { return nil }
    return { done, _ in progress(stage, before + done, total) }
  }

  private func checked(_ items: EmbeddedItems, count: Int) throws -> EmbeddedItems {
    guard items.embeddings.count == count, count == 0 || items.embeddings.dimension == embedder.dimension
    else {
      throw CLIPScoreError.wrongShape(
        model: embedder.provenance.name, expected: "\(count) × \(embedder.dimension)",
        found: "\(items.embeddings.count) × \(items.embeddings.dimension)")
    }
    return items
  }

  private func pairScore(
    _ rows: ScoringBlock.Rows, id: String, images: EmbeddedItems, texts: EmbeddedItems, withReferences: Bool
  ) throws(CLIPScoreError) -> CLIPPairScore {
    if let failure = images.failures[rows.image] {
      throw .notEmbedded(id: id, what: "image", reason: sentence(for: failure))
    }
    if let failure = texts.failures[rows.candidate] {
      throw .notEmbedded(id: id, what: "caption", reason: sentence(for: failure))
    }
    for row in rows.references {
      guard let failure = texts.failures[row] else { continue }
      throw .notEmbedded(id: id, what: "reference", reason: sentence(for: failure))
    }
    let candidate = texts.embeddings[rows.candidate]
    let similarity = cosine(images.embeddings[rows.image], candidate)
    guard similarity.isFinite else {
      let what = cosine(candidate, candidate).isFinite ? "image" : "caption"
      throw .notFinite(id: id, what: what, model: embedder.provenance.name)
    }
    guard withReferences else {
      return CLIPPairScore(score: formula.score(cosine: similarity), referenceScore: nil)
    }
    let similarities = rows.references.map { cosine(candidate, texts.embeddings[$0]) }
    guard similarities.allSatisfy(\.isFinite) else {
      throw .notFinite(id: id, what: "reference", model: embedder.provenance.name)
    }
    guard let best = similarities.max() else { throw .noReferences(id: id) }
    return CLIPPairScore(
      score: formula.score(cosine: similarity),
      referenceScore: formula.referenceScore(cosine: similarity, bestReferenceCosine: best))
  }
}
