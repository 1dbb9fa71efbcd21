public import CLIP
public import CaptionMetrics

/// Scores captions from precomputed embeddings: CLIPScore and RefCLIPScore without a model.
public struct EmbeddingScores: Sendable {
  /// Which of the three CLIPScores.
  public var definition: CLIPScoreDefinition

  /// Creates a scorer.
  public init(definition: CLIPScoreDefinition = .hessel) { self.definition = definition }

  /// A caption to be scored, by the numbers of its rows.
  public struct Item: Sendable, Equatable {
    /// The row of its image among the images.
    public var image: Int
    /// The row of the caption among the texts.
    public var caption: Int
    /// The rows of its references among the texts.
    public var references: [Int]

    /// Creates an item.
    public init(image: Int, caption: Int, references: [Int] = []) {
      self.image = image
      self.caption = caption
      self.references = references
    }
  }

  /// The items that a table tells. Where it has no column of references, all other captions of the same image are; its
  /// captions without any are without.
  ///
  /// - Throws: ``EvaluationError``.
  public static func items(_ table: EmbeddingPairs, imageCount: Int, textCount: Int) throws -> [Item] {
    let captions = try table.textRows(textCount: textCount)
    let images = try RetrievalPairs.images(of: table, imageCount: imageCount)
    var ofImage: [Int: [Int]] = [:]
    for (caption, image) in zip(captions, images.indices) { ofImage[image, default: []].append(caption) }
    let hasReferences = table.rows.contains { $0.references != nil }
    return try table.rows.enumerated().map { index, row in
      let image = images.indices[index]
      var references = row.references ?? []
      if !hasReferences { references = ofImage[image, default: []].filter { $0 != captions[index] } }
      if let stranger = references.first(where: { !(0..<textCount).contains($0) }) {
        throw EvaluationError.tableDoesNotFit(
          file: table.name, line: row.line, problem: "there is no text row \(stranger) among \(textCount)")
      }
      return Item(image: images.rows[image], caption: captions[index], references: references)
    }
  }

  /// All texts, each with the other texts of its image as references.
  public static func items(_ pairs: RetrievalPairs) -> [Item] {
    let texts = pairs.textsOfImage
    return pairs.imageOfText.enumerated().map { text, image in
      Item(image: pairs.imageRows[image], caption: text, references: texts[image].filter { $0 != text })
    }
  }

  /// Scores captions. RefCLIPScore is there where every item has references.
  ///
  /// - Throws: ``EvaluationError``.
  public func score(
    _ items: [Item], images: Embeddings, texts: Embeddings
  ) throws -> CLIPScoreResult {
    guard images.dimension == texts.dimension else {
      throw EvaluationError.widthsDiffer(
        first: images.name, firstWidth: images.dimension, second: texts.name, secondWidth: texts.dimension)
    }
    guard !items.isEmpty else { throw EmbeddingError.noRows(name: texts.name) }
    let exact = ExactCosine(dimension: images.dimension)
    defer { exact.deallocate() }
    func squares(_ rows: Embeddings, _ row: Int) throws -> Double {
      guard (0..<rows.count).contains(row) else { throw EmbeddingError.noSuchRow(name: rows.name, row: row) }
      let squares = exact.squares(rows, row)
      guard squares.isFinite else { throw EvaluationError.notFinite(name: rows.name, row: row) }
      return squares
    }
    func cosine(_ rows: Embeddings, _ row: Int, _ caption: Int) throws -> Double {
      let lengths = try (squares(rows, row) * squares(texts, caption)).squareRoot()
      return lengths == 0 ? 0 : min(1, max(-1, exact.product(rows, row, texts, caption) / lengths))
    }
    let withReferences = items.allSatisfy { !$0.references.isEmpty }
    let scores = try items.map { item -> CLIPPairScore? in
      let similarity = try cosine(images, item.image, item.caption)
      var score = CLIPPairScore(score: definition.score(cosine: similarity))
      if withReferences, let best = try item.references.map({ try cosine(texts, $0, item.caption) }).max() {
        score.referenceScore = definition.referenceScore(cosine: similarity, bestReferenceCosine: best)
      }
      return score
    }
    return CLIPScoreResult(definition: definition, scores: scores)
  }
}
