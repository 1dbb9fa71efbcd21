import CLIP
import CaptionMetrics
import Evaluation
import Foundation
import Training

/// Measures a model in training on images that it does not learn from: retrieval both ways.
final class RetrievalValidation {
  let set: TrainingSet
  private let urls: [URL]
  private let pairs: RetrievalPairs
  private let threads: Int?
  /// The captions' embeddings: those of the teacher's text encoder, or a frozen text tower's once they are computed.
  private var fixedTexts: Embeddings?
  /// The images' embeddings by a frozen image tower, once they are computed.
  private var fixedImages: Embeddings?
  private let isFrozen: (images: Bool, texts: Bool)
  /// What people said of captions, where the recipe names it, and the folder of the images.
  private let judgements: (set: JudgementSet, images: URL)?

  init(
    _ validation: DistillationRecipe.Validation, recipe: DistillationRecipe,
    stage: DistillationRecipe.Stage, model: TrainedCLIP?, folder: RunFolder
  ) throws {
    let set = try TrainingSet.captions(
      validation.captions, images: validation.images, split: validation.split)
    self.set = set
    urls = set.imageFiles
    pairs = RetrievalPairs(imageRowOfText: set.itemsOfCaptions, imageCount: set.count)
    threads = recipe.threads
    isFrozen = (
      images: model.map { !$0.moves(.image) } ?? false,
      texts: model.map { !$0.moves(.text) } ?? false
    )
    judgements = try validation.judgements.map { (try JudgementSet(contentsOf: $0), validation.images) }
    if stage.trains == .image, recipe.teacher.texts != nil {
      let targets = try TeacherTargets(
        recipe.teacher, for: set, in: folder.url.appendingPathComponent("teacher"), needsImages: false,
        needsTexts: true, threads: recipe.threads, progress: { _, _, _ in })
      fixedTexts = try targets.texts.map { table in
        try Embeddings(
          values: targets.texts(of: set.allCaptionRows) ?? [], dimension: table.dimension,
          name: "the teacher's embeddings of the validation captions")
      }
    }
  }

  /// Measures a model as a user would.
  func callAsFunction(_ checkpoint: Checkpoint) throws -> ValidationResult {
    let embedder = try CLIPEmbedder(checkpoint, options: CLIPEmbedder.Options(threads: threads))
    let images = try self.images(embedder)
    let texts = try self.texts(embedder)
    let result = try RetrievalEvaluation(threads: threads).ranks(
      images: images, texts: texts, pairs: pairs)
    let (toImage, toText) = (result.textToImageSummary, result.imageToTextSummary)
    let recalls = [toImage, toText].flatMap { [$0.recallAt1, $0.recallAt5, $0.recallAt10] }
    var measures = [
      ("text_to_image_R@1", toImage.recallAt1), ("text_to_image_R@10", toImage.recallAt10),
      ("image_to_text_R@1", toText.recallAt1), ("image_to_text_R@10", toText.recallAt10),
    ]
    if let agreement = try agreement(of: embedder) { measures.append(("judgement", agreement)) }
    return ValidationResult(measures, score: recalls.reduce(0, +) / 6)
  }

  private func images(_ embedder: CLIPEmbedder) throws -> Embeddings {
    if let fixedImages { return fixedImages }
    var images = try embedder.embedImages(at: urls).embeddings
    images.name = "the validation images"
    if isFrozen.images { fixedImages = images }
    return images
  }

  private func texts(_ embedder: CLIPEmbedder) throws -> Embeddings {
    if let fixedTexts { return fixedTexts }
    var texts = try embedder.embedTexts(set.allCaptionRows.map(set.caption)).embeddings
    texts.name = "the validation captions"
    if isFrozen.texts { fixedTexts = texts }
    return texts
  }

  /// How far the model's CLIPScore agrees with people; nil without judgements.
  private func agreement(of embedder: CLIPEmbedder) throws -> Double? {
    guard let judgements else { return nil }
    var evaluation = JudgementEvaluation(metrics: [CLIPScore(for: embedder)])
    evaluation.threads = threads
    evaluation.bootstrap = Bootstrap(seed: 0, resamples: 0)
    let report = try evaluation.report(
      on: judgements.set, images: [judgements.images], embedder: embedder, provenance: Provenance(version: "")
    )
    return report.metrics.first.flatMap { report.leadingValue(of: $0) }
  }
}
