public import CLIP
import Foundation

/// The parameters of a model in training, each a tensor under its checkpoint's name.
///
/// Layers take theirs from here by name when they are made, so a layer's declaration says where its weights are stored, and
/// what is written to a checkpoint is what was read from one.
public final class ParameterStore {
  /// The libtorch that the tensors belong to.
  public let torch: Torch
  /// The architecture.
  public let configuration: CLIPConfiguration
  /// The names, in the architecture's order.
  public let names: [String]
  /// The parameters by name.
  let byName: [String: Tensor]

  /// Takes the parameters of a checkpoint. Throws ``TorchError`` and ``LearningError``.
  public init(_ checkpoint: Checkpoint, torch: Torch) throws {
    self.torch = torch
    configuration = checkpoint.configuration
    var names: [String] = []
    var tensors: [String: Tensor] = [:]
    for (name, shape) in checkpoint.configuration.parameterShapes {
      guard let stored = checkpoint.tensors[name] else { throw LearningError.missingParameter(name: name) }
      guard stored.count == shape.reduce(1, *) else {
        throw LearningError.misshapenParameter(name: name, expected: shape, found: stored.shape)
      }
      let tensor = try torch.tensor(stored.floats(), shape)
      try tensor.requireGradient()
      names.append(name)
      tensors[name] = tensor
    }
    self.names = names
    byName = tensors
  }

  /// The parameter of a name. Throws ``LearningError/missingParameter(name:)``.
  public func callAsFunction(_ name: String) throws -> Tensor {
    guard let tensor = byName[name] else { throw LearningError.missingParameter(name: name) }
    return tensor
  }

  /// Every parameter with its name, in the order of ``names``.
  public var all: [(name: String, tensor: Tensor)] {
    names.compactMap { name in byName[name].map { (name, $0) } }
  }

  /// The parameter of a name, where the architecture has it.
  public func optional(_ name: String) -> Tensor? { byName[name] }

  /// Numbers of every parameter, as a checkpoint. Throws ``TorchError``.
  ///
  /// - Parameter replacing: what to take in a parameter's place, a moving average for example.
  public func checkpoint(
    like source: Checkpoint, replacing other: [String: Tensor] = [:]
  ) throws -> Checkpoint {
    var stored: [String: StoredTensor] = [:]
    for name in names {
      guard let tensor = other[name] ?? byName[name] else { continue }
      stored[name] = StoredTensor(shape: tensor.shape, floats: try tensor.floats())
    }
    return Checkpoint(
      configuration: configuration, tensors: stored, name: source.name, source: source.source)
  }
}
