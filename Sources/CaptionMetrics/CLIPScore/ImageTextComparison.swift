import CaptionData
import CLIP
import Files
import Foundation

/// Embeds captions, their images and their references, and takes the cosines that CLIPScore and its like are made of.
struct ImageTextComparison {
  /// The cosines of a caption.
  struct Cosines: Sendable, Equatable {
    /// With its image; nil where images were not looked at.
    var image: Double?
    /// With the reference to which it is most similar; nil where references were not asked for.
    var reference: Double?
  }

  /// What comparing captions gives.
  struct Result: Sendable {
    /// Each caption's cosines, in the order given; nil for one that was skipped.
    var cosines: [Cosines?]
    /// The captions that were skipped, and why.
    var skipped: [SkippedItem] = []
    /// How many of the candidates that were compared were cut to the model's context.
    var truncatedCandidates = 0
    /// How many of their references were.
    var truncatedReferences = 0
  }

  let embedder: any ImageTextEmbedder
  /// What is put before every candidate and every reference.
  let prefix: String
  /// How many images' embeddings are held at a time, with those of their captions.
  var imagesAtOnce = 1024
  /// Whether it is no error where every item is skipped.
  var mayBeEmpty = false

  /// Compares captions, so many images at a time. Identical images (by path) are embedded once, and so are identical
  /// texts about images that are compared together.
  ///
  /// - Parameters:
  ///   - withReferences: whether every item needs a reference.
  ///   - keepGoing: whether an item that cannot be embedded is skipped and listed.
  /// - Throws: ``CLIPScoreError``, and what the embedder throws.
  func compare(
    _ items: [ComparedCaption], withReferences: Bool, keepGoing: Bool, progress: CLIPScorer.Progress?
  ) throws -> Result {
    if withReferences, !keepGoing, let bare = items.first(where: \.references.isEmpty) {
      throw CLIPScoreError.noReferences(id: bare.id)
    }
    let blocks = ScoringBlock.blocks(
      of: items, images: imagesAtOnce, prefix: prefix)
    let imageCount = blocks.reduce(0) { $0 + $1.images.count }
    let textCount = blocks.reduce(0) { $0 + $1.texts.elements.count }
    var result = Result(cosines: Array(repeating: nil, count: items.count))
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
          result.cosines[rows.item] = try cosines(
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
    guard mayBeEmpty || result.cosines.contains(where: { $0 != nil }) else {
      throw CLIPScoreError.nothingToScore
    }
    return result
  }

  /// Reports a block's progress as that of all blocks.
  private func advanced(
    _ progress: CLIPScorer.Progress?, _ stage: CLIPScorer.Stage, by before: Int, of total: Int
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

  private func cosines(
    _ rows: ScoringBlock.Rows, id: String, images: EmbeddedItems, texts: EmbeddedItems, withReferences: Bool
  ) throws(CLIPScoreError) -> Cosines {
    if let image = rows.image, let failure = images.failures[image] {
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
    let similarity = rows.image.map { cosine(images.embeddings[$0], candidate) }
    guard similarity?.isFinite ?? cosine(candidate, candidate).isFinite else {
      let what = cosine(candidate, candidate).isFinite ? "image" : "caption"
      throw .notFinite(id: id, what: what, model: embedder.provenance.name)
    }
    guard withReferences else { return Cosines(image: similarity) }
    let similarities = rows.references.map { cosine(candidate, texts.embeddings[$0]) }
    guard similarities.allSatisfy(\.isFinite) else {
      throw .notFinite(id: id, what: "reference", model: embedder.provenance.name)
    }
    guard let best = similarities.max() else { throw .noReferences(id: id) }
    return Cosines(image: similarity, reference: best)
  }
}
