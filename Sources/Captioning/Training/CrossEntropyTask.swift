import CLIP
import Foundation
import Training

/// The training of a captioner by cross-entropy, as the training loop sees it.
final class CrossEntropyTask: CaptionTrainingTask {
  let parameters: [TrainingParameter]
  let isValidated = true
  let model: CaptionModel
  let data: CaptionTrainingData
  private let recipe: CaptionRecipe
  let order: CaptionOrder
  private let group: ProcessGroup
  let captionValidation: CaptionValidation?

  init(
    _ recipe: CaptionRecipe, model: CaptionModel, data: CaptionTrainingData, validation: CaptionValidation?,
    group: ProcessGroup
  ) throws {
    self.recipe = recipe
    self.model = model
    self.data = data
    captionValidation = validation
    self.group = group
    parameters = model.network.all.map { TrainingParameter($0.name, $0.tensor, .trained) }
    order = try CaptionOrder(data.items, settings: recipe.settings, seed: recipe.seed, group: group)
  }

  func losses(of batch: CaptionBatch) throws -> LossTerms {
    let network = model.network
    let epoch = batch.position.epoch
    let captions = batch.items.map { data.captions(of: $0, epoch: epoch) }
    let steps = captions.joined().map(data.steps)
    let layout = try CaptionLayout(
      steps.map(\.inputs), counts: captions.map(\.count), torch: network.torch)
    let features = try network.torch.tensor(
      data.grids(batch.items, epoch: epoch),
      [batch.count, data.features.cells, network.configuration.featureSize])
    let logits = try network.logits(
      features: features, captions: layout,
      dropout: CaptionNetwork.Dropout(layers: recipe.decoder.dropout, features: recipe.decoder.featureDropout)
    )
    let loss = try CaptionLosses.crossEntropy(
      logits, targets: steps.flatMap(\.targets), smoothing: recipe.labelSmoothing)
    // The mean over the words of all processes, whose gradients are added up.
    let share = group.worldSize > 1 ? Double(layout.count) / (try group.sum(Double(layout.count))) : 1
    var terms = LossTerms()
    try terms.add("cross_entropy", loss, weight: share)
    return terms
  }

  func validate(_ snapshot: CaptionerCheckpoint) throws -> ValidationResult {
    guard let captionValidation else { throw CancellationError() }
    return try captionValidation(snapshot)
  }
}
