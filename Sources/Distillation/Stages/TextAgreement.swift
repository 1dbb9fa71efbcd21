import CLIP
import Foundation
import Training

/// Measures a text tower in training alone: how near it is to what it learns from, on captions that it does not learn from.
struct TextAgreement {
  let set: TrainingSet
  private let captions: [String]
  private let targets: [Float]
  private let dimension: Int
  private let options: CLIPEmbedder.Options

  init(_ validation: DistillationRecipe.Validation, recipe: DistillationRecipe, folder: RunFolder) throws {
    let set = try TrainingSet.captions(
      validation.captions, images: validation.images, split: validation.split)
    let targets = try TeacherTargets(
      recipe.teacher, for: set, in: folder.url.appendingPathComponent("teacher"), needsImages: false,
      needsTexts: true, threads: recipe.threads, progress: { _, _, _ in })
    self.set = set
    let rows = set.allCaptionRows
    captions = rows.map { set.caption($0) }
    self.targets = targets.texts(of: rows) ?? []
    dimension = targets.texts?.dimension ?? 0
    options = CLIPEmbedder.Options(threads: recipe.threads)
  }

  /// The mean cosine; higher is better.
  func callAsFunction(_ checkpoint: Checkpoint) throws -> ValidationResult {
    let rows = try CLIPEmbedder(checkpoint, options: options).embedTexts(captions).embeddings
    var sum = 0.0
    for index in captions.indices {
      let target = targets[(index * dimension)..<((index + 1) * dimension)]
      var (product, length) = (0.0, 0.0)
      for (own, other) in zip(rows[index], target) {
        product += Double(own) * Double(other)
        length += Double(other) * Double(other)
      }
      sum += length > 0 ? product / length.squareRoot() : 0
    }
    let mean = captions.isEmpty ? 0 : sum / Double(captions.count)
    return ValidationResult([("cosine", mean)], score: mean)
  }
}
