import CLIP
import Evaluation
import Foundation
import Training

/// Measures a text tower in tuning: the original task, and how alike it answers paraphrases. The images' rows are computed
/// once.
struct ParaphraseValidation {
  private let captions: [String]
  private let pairs: RetrievalPairs
  private let queries: ParaphrasedQueries
  private let images: VectorTable
  private let threads: Int?
  private let folder: RunFolder

  init(
    _ recipe: FineTuningRecipe, folder: RunFolder, progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    let validation = recipe.validation
    let set = try TrainingSet.captions(
      validation.captions, images: validation.images, split: validation.split)
    let urls = (0..<set.count).compactMap { item in
      if case .file(let url) = set.image(item) { url } else { nil }
    }
    captions = (0..<set.count).flatMap { set.captionRows($0).map { set.caption($0) } }
    pairs = RetrievalPairs(
      imageRowOfText: (0..<set.count).flatMap { item in set.captionRows(item).map { _ in item } },
      imageCount: set.count)
    queries =
      if let paraphrases = validation.paraphrases {
        try ParaphrasedQueries(contentsOf: paraphrases)
      } else {
        try ParaphrasedQueries(
          contentsOf: validation.captions, query: "1", paraphrase: "2", split: validation.split)
      }
    threads = recipe.threads
    self.folder = folder
    var options = CLIPEmbedder.Options()
    options.threads = threads
    let embedder = try CLIPEmbedder(opening: ModelLocator.resolve(recipe.model), options: options)
    images = try EmbeddingCache(
      of: embedder, in: folder.url.appendingPathComponent("cache"), key: set.fingerprint
    ).rows(urls.count, of: "validation-images") { range in
      let rows = try embedder.embedImages(at: Array(urls[range]))
      progress("validation images", range.upperBound, urls.count)
      return rows
    }
  }

  func callAsFunction(_ checkpoint: Checkpoint) throws -> ParaphraseMeasures {
    try folder.measuring(checkpoint, threads: threads) { embedder in
      func rows(_ texts: [String], of name: String) throws -> Embeddings {
        let rows = try embedder.embedTexts(texts).rows
        return try Embeddings(rows: rows.values, dimension: rows.dimension, of: name)
      }
      let images = try Embeddings(
        rows: images.rows(Array(0..<images.count)), dimension: images.dimension, of: "the validation images")
      let summary = try Retrieval(threads: threads).ranks(
        images: images, texts: rows(captions, of: "the validation captions"), pairs: pairs
      )
      .textToImageSummary
      let nearest = NearestImages(count: min(10, images.count), threads: threads)
      let first = try nearest.rankings(
        of: rows(queries.pairs.map(\.query), of: "the validation queries"), among: images)
      let second = try nearest.rankings(
        of: rows(queries.pairs.map(\.paraphrase), of: "their paraphrases"), among: images)
      let overlaps = zip(first, second).map { RankingOverlap($0, $1) }
      let count = Double(max(1, overlaps.count))
      return ParaphraseMeasures(
        averageOverlap: overlaps.reduce(0) { $0 + $1.average } / count,
        jaccard: overlaps.reduce(0) { $0 + $1.jaccard } / count, recallAt1: summary.recallAt1,
        recallAt10: summary.recallAt10)
    }
  }
}

extension ParaphraseMeasures {
  /// As a validation of a training run; retrieval and paraphrase robustness count the same.
  var validation: Validation {
    Validation(
      [
        ("AO@10", averageOverlap), ("JS@10", jaccard), ("text_to_image_R@1", recallAt1),
        ("text_to_image_R@10", recallAt10),
      ], score: (averageOverlap + recallAt10) / 2)
  }
}
