public import Foundation

/// Called now and then with the number of items done and the number of all items.
public typealias EmbeddingProgress = @Sendable (_ done: Int, _ total: Int) -> Void

/// Puts images and texts into one space, so that a cosine tells how well they fit.
///
/// This is all that the metrics know of CLIP: conform your own embedder to score with it.
public protocol ImageTextEmbedder: Sendable {
  /// Numbers in an embedding.
  var dimension: Int { get }

  /// What made the embeddings; written into every report.
  var provenance: ModelProvenance { get }

  /// The range of the model's cosines, where its configuration gives one; nil by default.
  var scoreCalibration: ScoreCalibration? { get }

  /// Embeds images: row `i` belongs to `urls[i]`. Embeddings need not be normalized. An image in a tar archive is a
  /// `FileStretch` of it.
  ///
  /// - Parameters:
  ///   - keepGoing: whether an image that cannot be read becomes an entry of ``EmbeddedItems/failures``. If
  ///     not, the first such image ends the work with its error.
  ///   - progress: called from any thread.
  func embedImages(at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems

  /// Embeds texts exactly as they are: row `i` belongs to `texts[i]`. Embeddings need not be normalized.
  ///
  /// - Parameters:
  ///   - keepGoing: whether a text that cannot be embedded becomes an entry of ``EmbeddedItems/failures``. If
  ///     not, the first such text ends the work with its error.
  ///   - progress: called from any thread.
  func embedTexts(_ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems
}

extension ImageTextEmbedder {
  /// None.
  public var scoreCalibration: ScoreCalibration? { nil }
}

/// An embedder that also takes rectangles of images, for sets such as ARO.
public protocol ImageRegionEmbedder: ImageTextEmbedder {
  /// Embeds rectangles of images: row `i` belongs to `regions[i]`.
  ///
  /// The parameters are those of ``ImageTextEmbedder/embedImages(at:keepGoing:progress:)``.
  func embedRegions(
    _ regions: [ImageRegion], keepGoing: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems
}

/// Embeddings in the order of the items that they belong to.
public struct EmbeddedItems: Sendable {
  /// One embedding for each item; those of failed items are meaningless, and zeros where a ``CLIPModel`` made them.
  public var embeddings: Embeddings
  /// Why an item could not be embedded, by its index.
  public var failures: [Int: any Error]
  /// The indices of the texts that were cut to the model's context.
  public var truncated: Set<Int>

  /// Creates the result of embedding a list.
  public init(embeddings: Embeddings, failures: [Int: any Error] = [:], truncated: Set<Int> = []) {
    self.embeddings = embeddings
    self.failures = failures
    self.truncated = truncated
  }

  /// The number of items.
  public var count: Int { embeddings.count }
  /// The dimension of the embeddings.
  public var dimension: Int { embeddings.dimension }
  /// The embedding of an item; empty where `row` is out of range.
  public subscript(row: Int) -> ArraySlice<Float> { embeddings[row] }
}
