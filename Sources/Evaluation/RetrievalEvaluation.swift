public import CLIP
import Compute
import Synchronization

/// Finds images by their texts and texts by their images, and tells at which ranks.
///
/// ```swift
/// let pairs = try RetrievalPairs(imageCount: images.count, textCount: texts.count)
/// let result = try RetrievalEvaluation().ranks(images: images, texts: texts, pairs: pairs)
/// print(result.textToImageSummary.recallAt1)
/// ```
///
/// Ranks are those of the cosines in double precision, whatever the processor and the number of threads. The matrix of
/// all similarities is never held: a block of it is computed in f32, and what that cannot decide, because two
/// similarities differ by less than the error that f32 may have, is computed again in double precision.
public struct RetrievalEvaluation: Sendable {
  /// The threads that work; nil for all CPU cores.
  public var threads: Int?
  /// Images in a block of similarities.
  package var blockWidth = 2048
  /// Texts in a block.
  package var blockHeight = 128

  /// Called now and then, by any thread, with the number of texts that are compared and the number of all.
  public typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

  /// Creates a retrieval.
  public init(threads: Int? = nil) { self.threads = threads }

  /// Ranks the image of every text among all images, and the texts of every image among all texts.
  ///
  /// - Throws: ``EvaluationError``, or `ComputeError` when memory runs out.
  public func ranks(
    images: Embeddings, texts: Embeddings, pairs: RetrievalPairs, progress: Progress? = nil
  ) throws -> RetrievalResult {
    guard images.dimension == texts.dimension else {
      throw EvaluationError.widthsDiffer(
        first: images.name, firstWidth: images.dimension, second: texts.name, secondWidth: texts.dimension)
    }
    guard !pairs.imageRows.isEmpty, images.dimension > 0 else {
      throw EmbeddingError.noRows(name: images.name)
    }
    guard texts.count > 0, !pairs.imageOfText.isEmpty else { throw EmbeddingError.noRows(name: texts.name) }
    guard texts.count == pairs.imageOfText.count,
      pairs.imageOfText.allSatisfy(pairs.imageRows.indices.contains),
      pairs.imageRows.allSatisfy((0..<images.count).contains)
    else {
      throw EvaluationError.pairsDoNotFit(
        pairs: pairs.imageOfText.count, images: images.count, texts: texts.count)
    }
    let pool = ThreadPool(count: max(1, threads ?? Hardware.coreCount))
    let images = try UnitEmbeddings(images, rows: pairs.imageRows, pool: pool)
    let captions = try UnitEmbeddings(texts, rows: nil, pool: pool)
    let counter = RankCounter(images: images, texts: captions, pairs: pairs, pool: pool)
    return try counter.count(
      blockWidth: max(1, blockWidth), blockHeight: max(1, blockHeight), progress: progress)
  }
}
