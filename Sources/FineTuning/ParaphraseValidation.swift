import CLIP
import CaptionData
import Evaluation
import Foundation
import Training

/// Validates a text tower that is fine-tuned: retrieval, and robustness to paraphrases. Image embeddings are computed
/// once.
struct ParaphraseValidation {
  /// What tells whether the same images, captions and paraphrases are measured on.
  let dataFingerprint: String
  /// What was skipped of the captions.
  let skipped: [SkippedItem]
  private let captions: [String]
  private let pairs: RetrievalPairs
  private let queries: ParaphrasedQueries
  /// The embeddings of the images, whose tower is frozen.
  private let images: Embeddings
  private let options: CLIPEmbedder.Options

  init(
    _ recipe: FineTuningRecipe, folder: RunFolder, progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    let validation = recipe.validation
    let set = try TrainingSet.captions(
      validation.captions, images: validation.images, split: validation.split)
    skipped = set.skipped
    let urls = set.imageFiles
    captions = set.allCaptionRows.map(set.caption)
    pairs = RetrievalPairs(imageRowOfText: set.itemsOfCaptions, imageCount: set.count)
    queries = try validation.queries()
    var run = RunDescription()
    run.add("captions", set.fingerprint)
    for pair in queries.pairs {
      run.add("query", pair.query)
      run.add("paraphrase", pair.paraphrase)
    }
    dataFingerprint = run.fingerprint
    options = CLIPEmbedder.Options(threads: recipe.threads)
    let embedder = try CLIPEmbedder(opening: ModelLocator.resolve(recipe.model), options: options)
    var images = try EmbeddingCache(
      of: embedder, in: folder.url.appendingPathComponent("cache"), key: set.imageFingerprint
    ).embeddings(urls.count, of: "validation-images") { range in
      defer { progress("validation images", range.upperBound, urls.count) }
      return try embedder.embedImages(at: Array(urls[range])).embeddings
    }
    images.name = "the validation images"
    self.images = images
  }

  /// Measures a text tower; the image tower of the checkpoint is not looked at.
  func callAsFunction(_ checkpoint: Checkpoint) throws -> ParaphraseMeasures {
    let texts = [captions, queries.pairs.map(\.query), queries.pairs.map(\.paraphrase)]
    // All together: the engine computes equal texts once.
    let all = try CLIPEmbedder(checkpoint, options: options).embedTexts(texts.flatMap(\.self)).embeddings
    func embeddings(_ kind: Int, of name: String) throws -> Embeddings {
      let start = texts[..<kind].reduce(0) { $0 + $1.count }
      return try all.selecting(start..<(start + texts[kind].count), name: name)
    }
    let summary = try RetrievalEvaluation(threads: options.threads).ranks(
      images: images, texts: embeddings(0, of: "the validation captions"), pairs: pairs
    ).textToImageSummary
    let nearest = NearestImages(count: min(10, images.count), threads: options.threads)
    let first = try nearest.rankings(of: embeddings(1, of: "the validation queries"), among: images)
    let second = try nearest.rankings(of: embeddings(2, of: "their paraphrases"), among: images)
    let overlaps = zip(first, second).map { RankingOverlap($0, $1) }
    let count = Double(max(1, overlaps.count))
    return ParaphraseMeasures(
      averageOverlap: overlaps.reduce(0) { $0 + $1.average } / count,
      jaccard: overlaps.reduce(0) { $0 + $1.jaccard } / count, recallAt1: summary.recallAt1,
      recallAt10: summary.recallAt10)
  }
}

extension FineTuningRecipe.Validation {
  /// The pairs that are compared. Throws what `ParaphrasedQueries` throws.
  func queries() throws -> ParaphrasedQueries {
    if let paraphrases { return try ParaphrasedQueries(contentsOf: paraphrases) }
    return try ParaphrasedQueries(contentsOf: captions, query: "1", paraphrase: "2", split: split)
  }
}

extension ParaphraseMeasures {
  /// As a validation of a training run; retrieval and paraphrase robustness count the same.
  var validation: ValidationResult {
    ValidationResult(
      [
        ("AO@10", averageOverlap), ("JS@10", jaccard), ("text_to_image_R@1", recallAt1),
        ("text_to_image_R@10", recallAt10),
      ], score: (averageOverlap + recallAt10) / 2)
  }
}
