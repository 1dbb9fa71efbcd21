import CLIP
import Foundation
import Training

/// A task that trains a ``CaptionModel``: its snapshots are captioners.
protocol CaptionTrainingTask: TrainingTask where Snapshot == CaptionerCheckpoint {
  /// The captioner in training.
  var model: CaptionModel { get }
  /// The images and captions that are trained on.
  var data: CaptionTrainingData { get }
  /// Which images come when.
  var order: CaptionOrder { get }
  /// What snapshots are measured by; process 0 alone has one.
  var captionValidation: CaptionValidation? { get }
}

extension CaptionTrainingTask {
  var batchesPerEpoch: Int { order.batchCount }
  /// That of the images and captions, and of those that are validated on.
  var dataFingerprint: String {
    var run = RunDescription()
    data.describe(in: &run)
    captionValidation?.describe(in: &run)
    return run.fingerprint
  }
  /// The process's shares of batches.
  func batches(from position: DataPosition) -> CaptionBatches { CaptionBatches(order, from: position) }
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
