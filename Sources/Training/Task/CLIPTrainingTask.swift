public import CLIP
public import Foundation

/// A task that trains a ``CLIPNetwork``: its snapshots are checkpoints.
public protocol CLIPTrainingTask: TrainingTask where Snapshot == Checkpoint {
  /// The model in training.
  var model: TrainedCLIP { get }
}

extension CLIPTrainingTask {
  /// Those of the network.
  public var parameters: [TrainingParameter] { model.parameters }

  /// Logits of more than 100 times the cosine are not let grow further (Radford et al. 2021).
  public func finishStep() throws { try model.clampLogitScale() }

  /// The parameters as a checkpoint.
  public func snapshot(averages: [String: Tensor]) throws -> Checkpoint {
    try model.checkpoint(averages: averages)
  }

  /// Writes a folder in Hugging Face's layout.
  public func write(_ snapshot: Checkpoint, to folder: URL) throws {
    _ = try CheckpointWriter.write(snapshot, to: folder, storage: .float32)
  }

  /// Opens a folder that was written.
  public func read(from folder: URL) throws -> Checkpoint { try Checkpoint.open(at: folder) }
}

/// A network with the names of the parameters that a stage trains.
public final class TrainedCLIP {
  /// The network.
  public let network: CLIPNetwork
  /// The network's parameters, with what training does to each.
  public let parameters: [TrainingParameter]
  private let source: Checkpoint
  /// Parameters that stay as they are, once they have been asked for.
  private var frozen: [String: StoredTensor]?

  /// - Parameters:
  ///   - source: the checkpoint whose tokenizer and preprocessing go with what is written.
  ///   - trained: the names of the parameters that move; the others are frozen.
  public init(_ network: CLIPNetwork, source: Checkpoint, trained: Set<String>) {
    self.network = network
    self.source = source
    parameters = network.parameters.all.map { name, tensor in
      let role: TrainingParameter.Role = StemNames.isStatistic(name) ? .statistic : .trained
      return TrainingParameter(name, tensor, trained.contains(name) ? role : .frozen)
    }
  }

  /// Whether any parameter of a tower moves.
  public func moves(_ tower: Tower) -> Bool {
    parameters.contains { $0.role != .frozen && $0.name.hasPrefix(tower.prefix) }
  }

  /// A tower.
  public enum Tower: Sendable {
    case image, text

    /// How the names of its parameters begin.
    var prefix: String { self == .image ? "vis" : "text" }
  }

  /// The model as it is, in Hugging Face's layout; what is frozen is read from the device once.
  public func checkpoint(averages: [String: Tensor] = [:]) throws -> Checkpoint {
    let kept = frozen ?? [:]
    let checkpoint = try network.parameters.checkpoint(like: source, replacing: averages, keeping: kept)
    if frozen == nil {
      let moving = Set(parameters.filter { $0.role != .frozen || StemNames.isStatistic($0.name) }.map(\.name))
      frozen = checkpoint.tensors.filter { name, _ in
        !moving.contains(name) && network.parameters.update(of: name) == nil
      }
    }
    return checkpoint
  }

  func clampLogitScale() throws {
    let scale = network.logitScale
    let log100 = 4.605170185988092
    if try scale.number() > log100 { try scale.write([Float(log100)]) }
  }
}
