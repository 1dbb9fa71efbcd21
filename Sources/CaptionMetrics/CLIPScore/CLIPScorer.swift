public import Foundation

/// Scores captions by how well they fit their pictures: CLIPScore, and RefCLIPScore where there are references.
///
/// ```swift
/// let scorer = CLIPScorer(embedder: embedder, definition: .hessel)
/// let result = try scorer.score([
///   .init(id: "1", image: photo, candidate: "a dog on the grass", references: ["a dog lies in a garden"])
/// ])
/// print(result.corpus, result.referenceCorpus ?? "–")
/// ```
public struct CLIPScorer: Sendable {
  /// What embeds the pictures and the texts.
  public let embedder: any ImageTextEmbedder
  /// Which of the three CLIPScores.
  public let definition: CLIPScoreDefinition
  /// How a cosine becomes a score: the definition, and the model's own range where it has one.
  public var formula: CLIPScoreFormula {
    CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
  }

  /// Creates a scorer.
  public init(embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel) {
    self.embedder = embedder
    self.definition = definition
  }

  /// A caption to be scored.
  public struct Item: Sendable {
    /// What the caption is called in the report.
    public var id: String
    /// The file of its picture.
    public var image: URL
    /// The caption, without prefix.
    public var candidate: String
    /// What people wrote about the picture, without prefix.
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

  /// Scores captions. Identical pictures (by path) and identical texts are embedded once.
  ///
  /// - Parameters:
  ///   - withReferences: whether RefCLIPScore is computed too; every item then needs a reference.
  ///   - keepGoing: whether an item that cannot be embedded is left out and listed.
  /// - Throws: ``CLIPScoreError``, and what the embedder throws.
  public func score(
    _ items: [Item], withReferences: Bool = false, keepGoing: Bool = false, progress: Progress? = nil
  ) throws -> CLIPScoreResult {
    if withReferences, !keepGoing, let bare = items.first(where: \.references.isEmpty) {
      throw CLIPScoreError.noReferences(id: bare.id)
    }
    var images = UniqueList()
    var texts = UniqueList()
    let imageRows = items.map { images.index(of: $0.image.path) }
    let candidateRows = items.map { texts.index(of: definition.prefix + $0.candidate) }
    let referenceRows = items.map { item in
      withReferences ? item.references.map { texts.index(of: definition.prefix + $0) } : []
    }
    let imageProgress = progress.map { report in
      { @Sendable (done: Int, total: Int) in report(.images, done, total) }
    }
    let textProgress = progress.map { report in
      { @Sendable (done: Int, total: Int) in report(.texts, done, total) }
    }
    // Texts first: they are quick, and what is wrong with them is known before the pictures are decoded.
    let embeddedTexts = try checked(
      embedder.embedTexts(texts.elements, keepGoing: keepGoing, progress: textProgress),
      count: texts.elements.count)
    let embeddedImages = try checked(
      embedder.embedImages(
        at: images.elements.map { URL(fileURLWithPath: $0) }, keepGoing: keepGoing, progress: imageProgress),
      count: images.elements.count)

    var result = CLIPScoreResult(definition: definition, scores: [])
    for (index, item) in items.enumerated() {
      let rows = Rows(
        id: item.id, image: imageRows[index], candidate: candidateRows[index],
        references: referenceRows[index])
      result.truncatedCandidates += embeddedTexts.truncated.contains(rows.candidate) ? 1 : 0
      result.truncatedReferences += rows.references.count { embeddedTexts.truncated.contains($0) }
      do throws(CLIPScoreError) {
        let score = try pairScore(
          rows, images: embeddedImages, texts: embeddedTexts, withReferences: withReferences)
        result.scores.append(score)
      } catch {
        guard keepGoing else { throw error }
        result.scores.append(nil)
        result.leftOut.append(LeftOut(id: item.id, reason: error.description))
      }
    }
    guard result.scores.contains(where: { $0 != nil }) else { throw CLIPScoreError.nothingToScore }
    return result
  }

  /// The rows of one item in the tables of unique pictures and texts.
  private struct Rows {
    var id: String
    var image: Int
    var candidate: Int
    var references: [Int]
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
    _ rows: Rows, images: EmbeddedItems, texts: EmbeddedItems, withReferences: Bool
  ) throws(CLIPScoreError) -> CLIPPairScore {
    if let failure = images.failures[rows.image] {
      throw .notEmbedded(id: rows.id, what: "picture", reason: sentence(for: failure))
    }
    if let failure = texts.failures[rows.candidate] {
      throw .notEmbedded(id: rows.id, what: "caption", reason: sentence(for: failure))
    }
    for row in rows.references {
      guard let failure = texts.failures[row] else { continue }
      throw .notEmbedded(id: rows.id, what: "reference", reason: sentence(for: failure))
    }
    let candidate = texts.embeddings[rows.candidate]
    let similarity = cosine(images.embeddings[rows.image], candidate)
    guard similarity.isFinite else {
      let what = cosine(candidate, candidate).isFinite ? "picture" : "caption"
      throw .notFinite(id: rows.id, what: what, model: embedder.provenance.name)
    }
    guard withReferences else {
      return CLIPPairScore(score: formula.score(cosine: similarity), referenceScore: nil)
    }
    let similarities = rows.references.map { cosine(candidate, texts.embeddings[$0]) }
    guard similarities.allSatisfy(\.isFinite) else {
      throw .notFinite(id: rows.id, what: "reference", model: embedder.provenance.name)
    }
    guard let best = similarities.max() else { throw .noReferences(id: rows.id) }
    return CLIPPairScore(
      score: formula.score(cosine: similarity),
      referenceScore: formula.referenceScore(cosine: similarity, bestReferenceCosine: best))
  }
}
