import CLIP
import Foundation
import Training

/// The training of a captioner by cross-entropy, as the training loop sees it.
final class CrossEntropyTask: CaptionTrainingTask {
  let parameters: [TrainingParameter]
  let isValidated = true
  let model: CaptionModel
  private let data: CaptionTrainingData
  private let recipe: CaptionRecipe
  private let order: EpochOrder
  private let group: ProcessGroup
  /// Process 0 alone has one.
  private let validation: CaptionValidation?

  init(
    _ recipe: CaptionRecipe, model: CaptionModel, data: CaptionTrainingData, validation: CaptionValidation?,
    group: ProcessGroup
  ) throws {
    self.recipe = recipe
    self.model = model
    self.data = data
    self.validation = validation
    self.group = group
    parameters = model.network.all.map { TrainingParameter($0.name, $0.tensor, .trained) }
    order = try EpochOrder(
      itemCount: data.items.count, batchSize: min(recipe.settings.batchSize, data.items.count),
      seed: recipe.seed)
    guard order.batchSize % group.worldSize == 0 else {
      throw DataError.unevenShares(batchSize: order.batchSize, processes: group.worldSize)
    }
  }

  var batchesPerEpoch: Int { order.batchCount }

  func batches(from position: DataPosition) -> CaptionBatches {
    CaptionBatches(order, items: data.items, from: position, epochs: recipe.settings.epochs, group: group)
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
    guard let validation else { throw CancellationError() }
    return try validation(snapshot)
  }
}

/// A task that trains a ``CaptionModel``: its snapshots are captioners.
protocol CaptionTrainingTask: TrainingTask where Snapshot == CaptionerCheckpoint {
  /// The captioner in training.
  var model: CaptionModel { get }
}

extension CaptionTrainingTask {
  /// Each process sums up its own captions.
  var lossesAreShares: Bool { true }
  /// The captioner as it is.
  func snapshot(averages: [String: Tensor]) throws -> CaptionerCheckpoint { try model.snapshot(averages) }
  /// Writes a folder that ``read(from:)`` opens.
  func write(_ snapshot: CaptionerCheckpoint, to folder: URL) throws { try snapshot.write(to: folder) }
  /// Opens a folder that was written.
  func read(from folder: URL) throws -> CaptionerCheckpoint { try CaptionerCheckpoint(contentsOf: folder) }
}

/// A captioner in training.
struct CaptionModel {
  let network: CaptionNetwork
  let vocabulary: CaptionVocabulary
  /// The encoder, where it is to be written with the captioner.
  let encoder: Checkpoint?
  /// What it was rewarded for; nil for nothing.
  var reward: String?

  func snapshot(_ averages: [String: Tensor]) throws -> CaptionerCheckpoint {
    var captioner = CaptionerCheckpoint(
      configuration: network.configuration, vocabulary: vocabulary,
      tensors: try network.stored(replacing: averages),
      encoder: encoder)
    captioner.configuration.reward = reward
    return captioner
  }
}
