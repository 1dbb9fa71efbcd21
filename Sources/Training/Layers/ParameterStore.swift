public import CLIP

/// The parameters of a model in training, each a tensor under its checkpoint's name.
///
/// Layers take theirs from here by name when they are made, so a layer's declaration says where its weights are stored, and
/// what is written to a checkpoint is what was read from one.
public final class ParameterStore {
  /// The libtorch that the tensors belong to.
  public let torch: Torch
  /// The architecture.
  public let configuration: CLIPConfiguration
  /// The names, in the architecture's order; the matrices of low-rank changes follow.
  public let names: [String]
  /// The parameters by name.
  let byName: [String: Tensor]

  /// The changes of layers by the names of their weights.
  private let updates: [String: LoRAUpdate]

  /// Takes the parameters of a checkpoint. Throws ``TorchError`` and ``TrainingError``.
  ///
  /// - Parameters:
  ///   - lora: how the text tower's linear layers change, nil for changes of the weights themselves.
  ///   - seed: what the changes start from.
  public init(_ checkpoint: Checkpoint, torch: Torch, lora: LoRAConfiguration? = nil, seed: UInt64 = 0) throws
  {
    self.torch = torch
    configuration = checkpoint.configuration
    var names: [String] = []
    var tensors: [String: Tensor] = [:]
    for (name, shape) in checkpoint.configuration.parameterShapes {
      guard let stored = checkpoint.tensors[name] else { throw TrainingError.missingParameter(name: name) }
      guard stored.count == shape.reduce(1, *) else {
        throw TrainingError.misshapenParameter(name: name, expected: shape, found: stored.shape)
      }
      let tensor = try torch.tensor(stored.floats(), shape)
      try tensor.requireGradient(!StemNames.isStatistic(name))
      names.append(name)
      tensors[name] = tensor
    }
    var updates: [String: LoRAUpdate] = [:]
    for (name, shape) in checkpoint.configuration.parameterShapes {
      guard let lora, lora.changes(name), shape.count == 2 else { continue }
      let update = try LoRAUpdate(
        lora, outputs: shape[0], inputs: shape[1], seed: seed &+ UInt64(names.count), torch: torch)
      updates[name] = update
      for (end, tensor) in [(LoRAUpdate.ends.down, update.down), (LoRAUpdate.ends.up, update.up)] {
        let own = Self.name(end, of: name)
        names.append(own)
        tensors[own] = tensor
      }
    }
    self.updates = updates
    self.names = names
    byName = tensors
  }

  /// The parameter of a name. Throws ``TrainingError/missingParameter(name:)``.
  public func callAsFunction(_ name: String) throws -> Tensor {
    guard let tensor = byName[name] else { throw TrainingError.missingParameter(name: name) }
    return tensor
  }

  /// Every parameter with its name, in the order of ``names``.
  public var all: [(name: String, tensor: Tensor)] {
    names.compactMap { name in byName[name].map { (name, $0) } }
  }

  /// The parameter of a name, where the architecture has it.
  public func optional(_ name: String) -> Tensor? { byName[name] }

  /// The change of the layer whose weight has the name, where it changes by one.
  func update(of weight: String) -> LoRAUpdate? { updates[weight] }

  /// The names of the matrices of low-rank changes.
  public var updateNames: [String] {
    updates.keys.sorted().flatMap { name in
      [LoRAUpdate.ends.down, LoRAUpdate.ends.up].map { Self.name($0, of: name) }
    }
  }

  private static func name(_ end: String, of weight: String) -> String {
    weight.replacing(/weight$/, with: end)
  }

  /// Numbers of every parameter, as a checkpoint; low-rank changes are in the weights that they change. Throws ``TorchError``.
  ///
  /// The checkpoint is in Hugging Face's layout, with the tokenizer and the preprocessing of its source's folder.
  ///
  /// - Parameters:
  ///   - replacing: what to take in a parameter's place, a moving average for example.
  ///   - keeping: parameters that have not changed since they were read.
  public func checkpoint(
    like source: Checkpoint, replacing other: [String: Tensor] = [:],
    keeping kept: [String: StoredTensor] = [:]
  ) throws -> Checkpoint {
    var stored: [String: StoredTensor] = [:]
    func current(_ name: String) throws -> Tensor { try other[name] ?? self(name) }
    for (name, _) in configuration.parameterShapes {
      if let unchanged = kept[name] {
        stored[name] = unchanged
        continue
      }
      var tensor = try current(name)
      if let update = updates[name] {
        tensor = try torch.withoutGradients {
          try update.merged(
            into: tensor, down: current(Self.name(LoRAUpdate.ends.down, of: name)),
            up: current(Self.name(LoRAUpdate.ends.up, of: name)))
        }
      }
      stored[name] = StoredTensor(shape: tensor.shape, floats: try tensor.floats())
    }
    let place = source.source.map {
      CheckpointSource(layout: .huggingFace, folder: $0.folder, configurationFile: nil, files: $0.files)
    }
    return Checkpoint(configuration: configuration, tensors: stored, name: source.name, source: place)
  }
}
