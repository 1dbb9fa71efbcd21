import Foundation

extension Checkpoint {
  /// Opens the checkpoint in a folder or a file, whatever its layout.
  ///
  /// Nothing but headers is read: the tensors are windows into memory-mapped files.
  ///
  /// - Parameters:
  ///   - url: a Hugging Face or open_clip folder, or a `.safetensors`, `.bin` or `.pt` file.
  ///   - activation: the activation that the model was trained with; needed where no configuration tells it, and
  ///     stronger than the configuration where one does.
  /// - Throws: ``CheckpointError``.
  public static func open(at url: URL, activation: Activation? = nil) throws -> Checkpoint {
    let files = try CheckpointFiles(at: url)
    var opening = CheckpointOpening(
      files: files, weights: try WeightSet(files.weights), activation: activation)
    var checkpoint = try opening.checkpoint()
    checkpoint.name = url.standardizedFileURL.lastPathComponent
    return checkpoint
  }
}

/// The steps from a set of named tensors to a checkpoint.
struct CheckpointOpening {
  private let files: CheckpointFiles
  private let weights: WeightSet
  private let activation: Activation?
  private var warnings: [String] = []

  init(files: CheckpointFiles, weights: WeightSet, activation: Activation?) {
    self.files = files
    self.weights = weights
    self.activation = activation
  }

  mutating func checkpoint() throws -> Checkpoint {
    guard let file = files.file("config.json") else {
      throw CheckpointError.activationUnknown(file: weights.path)
    }
    let described = try HuggingFaceConfiguration(ConfigurationReader(file))
    warnings += described.warnings
    return try finish(
      NamedTensors(huggingFace: weights), described.configuration, layout: .huggingFace,
      configurationFile: file, initialLogitScale: described.initialLogitScale)
  }

  /// Checks that every parameter is there in its shape, and puts the parts together.
  private mutating func finish(
    _ named: NamedTensors, _ described: CLIPConfiguration, layout: CheckpointLayout,
    configurationFile: URL?, initialLogitScale: Float?
  ) throws -> Checkpoint {
    var configuration = described
    apply(activation, to: &configuration)
    try configuration.validate(file: configurationFile?.path ?? weights.path)
    var tensors: [String: StoredTensor] = [:]
    var missing: [String] = []
    for (name, shape) in configuration.parameterShapes {
      if let error = named.unsupported[name] { throw error }
      guard let tensor = named.tensors[name] else {
        missing.append(name)
        continue
      }
      if name == "logit_scale", tensor.count == 1 {
        tensors[name] = tensor.reshaped([])
        continue
      }
      guard tensor.shape == shape else {
        throw CheckpointError.misshapen(
          file: weights.path(of: named.origin[name] ?? name), tensor: named.origin[name] ?? name,
          expected: shape, found: tensor.shape)
      }
      tensors[name] = tensor
    }
    if missing == ["logit_scale"] {
      let value = initialLogitScale ?? 2.6592
      tensors["logit_scale"] = StoredTensor(scalar: value)
      warnings.append("the weights have no logit_scale; \(value) is taken")
      missing = []
    }
    guard missing.isEmpty else { throw CheckpointError.missingTensors(file: weights.path, names: missing) }
    noteUnused(named, used: tensors)
    return Checkpoint(
      configuration: configuration, tensors: tensors, name: files.folder.lastPathComponent,
      source: CheckpointSource(
        layout: layout, folder: files.folder, configurationFile: configurationFile, files: files.weights),
      warnings: warnings)
  }

  private mutating func apply(_ activation: Activation?, to configuration: inout CLIPConfiguration) {
    guard let activation else { return }
    if configuration.vision.transformer.activation != activation
      || configuration.text.transformer.activation != activation
    {
      warnings.append("the activation \(activation.rawValue) was asked for, against the configuration")
    }
    configuration.vision.transformer.activation = activation
    configuration.text.transformer.activation = activation
  }

  private mutating func noteUnused(_ named: NamedTensors, used: [String: StoredTensor]) {
    let unused = named.tensors.keys.filter { used[$0] == nil }.map { named.origin[$0] ?? $0 }.sorted()
    guard let first = unused.first else { return }
    warnings.append(
      unused.count == 1
        ? "the tensor \(first) is not used by this architecture"
        : "\(unused.count) tensors are not used by this architecture, \(first) among them")
  }
}
