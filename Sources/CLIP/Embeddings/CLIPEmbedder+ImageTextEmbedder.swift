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

  /// Embeds image files; embeddings are normalized.
  public func embedImages(
    at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    try embedImages(at: urls, normalized: true, keepGoing: keepGoing, progress: progress)
  }

  /// Embeds texts exactly as they are; embeddings are normalized.
  public func embedTexts(
    _ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    try embedTexts(texts, normalized: true, keepGoing: keepGoing, progress: progress)
  }
}

extension CLIPEmbedder: ImageRegionEmbedder {
  /// Embeds rectangles of images; embeddings are normalized.
  public func embedRegions(
    _ regions: [ImageRegion], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    try embedRegions(regions, normalized: true, keepGoing: keepGoing, progress: progress)
  }
}
