import Compute
public import Foundation

extension CLIPEmbedder: ImageTextEmbedder {
  /// What made the embeddings.
  public var provenance: ModelProvenance {
    ModelProvenance(
      name: checkpoint.name, fingerprint: checkpoint.fingerprint(),
      layout: checkpoint.source?.layout.rawValue,
      precision: Hardware.meaning(of: options.precision), preprocessing: preprocessing.summary,
      tokenizer: (try? tokenizer())?.cleaning.summary, contextLength: contextLength,
      instructionSet: Hardware.instructionSet)
  }

  /// What the model's configuration says of its cosines.
  public var scoreCalibration: ScoreCalibration? { checkpoint.configuration.scoreCalibration }

  /// Embeds image files.
  public func embedImages(
    at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    let rows = try embedImages(
      at: urls, normalized: true, keepGoing: keepGoing, progress: counting(urls.count, progress))
    return EmbeddedItems(embeddings: try rows.embeddings(of: "the images"), failures: rows.failures)
  }

  /// Embeds texts exactly as they are.
  public func embedTexts(
    _ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    let (rows, truncated) = try embedTexts(
      texts, normalized: true, keepGoing: keepGoing, progress: counting(texts.count, progress))
    return EmbeddedItems(
      embeddings: try rows.embeddings(of: "the texts"), failures: rows.failures, truncated: truncated)
  }
}

extension CLIPEmbedder: ImageRegionEmbedder {
  /// Embeds rectangles of images.
  public func embedRegions(
    _ regions: [ImageRegion], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    let rows = try embedImages(
      regions, normalized: true, keepGoing: keepGoing, progress: counting(regions.count, progress))
    return EmbeddedItems(embeddings: try rows.embeddings(of: "the images"), failures: rows.failures)
  }
}

/// Tells the number of all items with every number of items done.
private func counting(_ total: Int, _ progress: EmbeddingProgress?) -> (@Sendable (Int) -> Void)? {
  guard let progress else { return nil }
  return { progress($0, total) }
}

extension EmbeddingMatrix {
  /// The same embeddings as the metrics take them, none where none were asked for.
  ///
  /// - Parameter name: what the embeddings are of, for the error.
  /// - Throws: ``EvaluationError``.
  func embeddings(of name: String) throws -> Embeddings {
    if count == 0 { return Embeddings(count: 0, dimension: dimension) }
    return try Embeddings(rows: values, dimension: dimension, of: name)
  }
}
