import CLIP
import Evaluation
import Foundation
import Training

extension FineTuningRecipe {
  /// What would be trained, for people; everything that the recipe names is opened. Throws what the readers throw.
  public func plan() throws -> String {
    let begin = try Checkpoint.open(at: ModelLocator.resolve(model))
    let moves = try trainable.names(in: begin.configuration.text.transformer)
    let set = try paraphraseSet()
    let measured = try TrainingSet.captions(
      validation.captions, images: validation.images, split: validation.split)
    let queries = try validation.queries()
    let skipped = measured.skipped.isEmpty ? "" : ", \(measured.skipped.count) skipped"
    let moved: String
    if case .lora(let lora) = trainable {
      moved = "LoRA of rank \(lora.rank) in the text tower's linear layers is trained"
    } else {
      let count = begin.configuration.parameterShapes.filter { moves($0.name) }
        .reduce(0) { $0 + $1.shape.reduce(1, *) }
      moved = "\(count) parameters of the text tower are trained"
    }
    let anchors = try paraphrases.anchors.map { try TrainingSet.texts([$0]).captionCount }
    return """
      model       \(begin.name): \(moved)
      data        \(set.name): \(set.count) captions with paraphrases\(set.skipped.isEmpty ? "" : ", \(set.skipped.count) skipped")\(anchors.map { "\nanchors     \($0) sentences" } ?? "")
      validation  \(measured.count) images, \(measured.captionCount) captions\(skipped), \(queries.pairs.count) paraphrased queries
      training    \(settings.epochs) epochs, batches of \(settings.batchSize * settings.gradAccumulationSteps)
      output      \(output.relativePath)
      """
  }
}
