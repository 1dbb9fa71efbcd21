import CLIP
import CaptionMetrics
import Evaluation
import Foundation
import Training

/// Measures a model in training on images that it does not learn from: retrieval both ways.
struct RetrievalValidation {
  private let set: TrainingSet
  private let urls: [URL]
  private let pairs: RetrievalPairs
  private let threads: Int?
  /// The captions' rows by the teacher's text encoder, while the text tower is not trained yet.
  private let fixedTexts: Embeddings?
  private let folder: RunFolder
  /// What people said of captions, where the recipe names it, and the folder of the images.
  private let judgements: (set: JudgementSet, images: URL)?

  init(
    _ validation: DistillationRecipe.Validation, recipe: DistillationRecipe,
    stage: DistillationRecipe.Stage, folder: RunFolder
  ) throws {
    let set = try TrainingSet.captions(
      validation.captions, images: validation.images, split: validation.split)
    self.set = set
    urls = (0..<set.count).compactMap { item in
      if case .file(let url) = set.image(item) { url } else { nil }
    }
    let rows = (0..<set.count).flatMap { item in set.captionRows(item).map { _ in item } }
    pairs = RetrievalPairs(imageRowOfText: rows, imageCount: set.count)
    threads = recipe.threads
    self.folder = folder
    judgements = try validation.judgements.map { (try JudgementSet(contentsOf: $0), validation.images) }
    if stage.trains == .image, recipe.teacher.texts != nil {
      let targets = try TeacherTargets(
        recipe.teacher, for: set, in: folder.url.appendingPathComponent("teacher"), needsImages: false,
        needsTexts: true, threads: recipe.threads, progress: { _, _, _ in })
      let captions = (0..<set.count).flatMap { Array(set.captionRows($0)) }
      fixedTexts = try targets.texts.map { table in
        try Embeddings(
          rows: targets.texts(of: captions) ?? [], dimension: table.dimension,
          of: "the teacher's embeddings of the validation captions")
      }
    } else {
      fixedTexts = nil
    }
  }

  /// Measures a model as a user would.
  func callAsFunction(_ checkpoint: Checkpoint) throws -> Validation {
    try folder.measuring(checkpoint, threads: threads, measured)
  }

  private func measured(_ embedder: CLIPEmbedder) throws -> Validation {
    let images = try Self.embeddings(embedder.embedImages(at: urls), of: "the validation images")
    let texts: Embeddings
    if let fixedTexts {
      texts = fixedTexts
    } else {
      let captions = (0..<set.count).flatMap { set.captionRows($0).map { set.caption($0) } }
      texts = try Self.embeddings(embedder.embedTexts(captions).rows, of: "the validation captions")
    }
    let result = try Retrieval(threads: threads).ranks(
      images: images, texts: texts, pairs: pairs)
    let (toImage, toText) = (result.textToImageSummary, result.imageToTextSummary)
    let recalls = [toImage, toText].flatMap { [$0.recallAt1, $0.recallAt5, $0.recallAt10] }
    var measures = [
      ("text_to_image_R@1", toImage.recallAt1), ("text_to_image_R@10", toImage.recallAt10),
      ("image_to_text_R@1", toText.recallAt1), ("image_to_text_R@10", toText.recallAt10),
    ]
    if let agreement = try agreement(of: embedder) { measures.append(("judgement", agreement)) }
    return Validation(measures, score: recalls.reduce(0, +) / 6)
  }

  /// How far the model's CLIPScore agrees with people; nil without judgements.
  private func agreement(of embedder: CLIPEmbedder) throws -> Double? {
    guard let judgements else { return nil }
    var evaluation = JudgementEvaluation(metrics: [.clipscore])
    evaluation.threads = threads
    evaluation.bootstrap = Bootstrap(seed: 0, resamples: 0)
    let report = try evaluation.report(
      on: judgements.set, images: [judgements.images], embedder: embedder, provenance: Provenance(version: "")
    )
    return report.metrics.first.flatMap { report.leadingValue(of: $0) }
  }

  private static func embeddings(_ rows: EmbeddingMatrix, of name: String) throws -> Embeddings {
    try Embeddings(rows: rows.values, dimension: rows.dimension, of: name)
  }
}
