import CLIP
import CaptionMetrics
import Foundation
import Learning

/// Measures a text tower in tuning: the original task, and how alike it answers rewordings. The pictures' rows are computed
/// once.
struct RewordingValidation {
  private let captions: [String]
  private let pairs: RetrievalPairs
  private let queries: RewordedQueries
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
      if case .file(let url) = set.picture(item) { url } else { nil }
    }
    captions = (0..<set.count).flatMap { set.captionRows($0).map { set.caption($0) } }
    pairs = RetrievalPairs(
      imageRowOfText: (0..<set.count).flatMap { item in set.captionRows(item).map { _ in item } },
      imageCount: set.count)
    queries =
      if let rewordings = validation.rewordings {
        try RewordedQueries(contentsOf: rewordings)
      } else {
        try RewordedQueries(
          contentsOf: validation.captions, query: "1", rewording: "2", split: validation.split)
      }
    threads = recipe.threads
    self.folder = folder
    var options = CLIPEmbedder.Options()
    options.threads = threads
    let embedder = try CLIPEmbedder(opening: ModelLocator.resolve(recipe.model), options: options)
    images = try KeptEmbeddings(
      of: embedder, in: folder.url.appendingPathComponent("kept"), key: set.fingerprint
    ).rows(urls.count, of: "validation-pictures") { range in
      let rows = try embedder.embedImages(at: Array(urls[range]))
      progress("validation pictures", range.upperBound, urls.count)
      return rows
    }
  }

  func callAsFunction(_ checkpoint: Checkpoint) throws -> RewordingMeasures {
    try folder.measuring(checkpoint, threads: threads) { embedder in
      func rows(_ texts: [String], of name: String) throws -> Embeddings {
        let rows = try embedder.embedTexts(texts).rows
        return try Embeddings(rows: rows.values, dimension: rows.dimension, of: name)
      }
      let pictures = try Embeddings(
        rows: images.rows(Array(0..<images.count)), dimension: images.dimension, of: "the validation images")
      let summary = try Retrieval(threads: threads).ranks(
        images: pictures, texts: rows(captions, of: "the validation captions"), pairs: pairs
      )
      .textToImageSummary
      let nearest = NearestImages(count: min(10, images.count), threads: threads)
      let first = try nearest.rankings(
        of: rows(queries.pairs.map(\.query), of: "the validation queries"), among: pictures)
      let second = try nearest.rankings(
        of: rows(queries.pairs.map(\.rewording), of: "their paraphrases"), among: pictures)
      let overlaps = zip(first, second).map { RankingOverlap($0, $1) }
      let count = Double(max(1, overlaps.count))
      return RewordingMeasures(
        averageOverlap: overlaps.reduce(0) { $0 + $1.average } / count,
        jaccard: overlaps.reduce(0) { $0 + $1.jaccard } / count, recallAt1: summary.recallAt1,
        recallAt10: summary.recallAt10)
    }
  }
}

extension RewordingMeasures {
  /// As a validation of a training run; the original task and the steadiness count the same.
  var validation: Validation {
    Validation(
      [
        ("AO@10", averageOverlap), ("JS@10", jaccard), ("text_to_image_R@1", recallAt1),
        ("text_to_image_R@10", recallAt10),
      ], score: (averageOverlap + recallAt10) / 2)
  }
}
