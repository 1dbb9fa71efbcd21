public import Foundation

extension Checkpoint {
  /// Opens the checkpoint in a folder or a file, whatever its layout.
  ///
  /// Nothing but headers is read: the tensors are windows into memory-mapped files.
  ///
  /// - Parameters:
  ///   - url: a Hugging Face, open_clip or sentence-transformers folder, or a `.safetensors`, `.bin` or `.pt` file.
  ///   - activation: the activation that the model was trained with; needed where no configuration tells it, and
  ///     stronger than the configuration where one does.
  /// - Throws: ``CheckpointError``.
  public static func open(at url: URL, activation: Activation? = nil) throws -> Checkpoint {
    let files = try CheckpointFiles(at: url)
    var opening = CheckpointOpening(
      files: files, weights: try WeightSet(files.weights, adapter: files.file("adapter_config.json")),
      activation: activation)
    var checkpoint = try opening.checkpoint()
    checkpoint.name = ModelLocator.displayName(of: url)
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
    if weights.hasDoubles { warnings.append("the weights are stored as float64 and were rounded to float32") }
    if weights.mergedCount > 0 {
      warnings.append(
        "LoRA weights were merged into \(weights.mergedCount) layers, with the scale of adapter_config.json")
    }
    switch ModelKind(weights.names) {
    case .huggingFace: return try huggingFace()
    case .openCLIP: return try openCLIP()
    case .unsupported(let what): throw CheckpointError.unsupportedModel(file: weights.path, what: what)
    case .unknown:
      let names = weights.names.sorted().prefix(3).joined(separator: ", ")
      throw CheckpointError.unsupportedModel(
        file: weights.path, what: "a model with tensors named \(names.isEmpty ? "nothing" : names)")
    }
  }

  private mutating func huggingFace() throws -> Checkpoint {
    let named = try NamedTensors(huggingFace: weights)
    guard let file = files.file("config.json") else { return try inferred(named, layout: .huggingFace) }
    let described = try HuggingFaceConfiguration(file)
    warnings += described.warnings
    return try finish(
      named, described.configuration, layout: .huggingFace, configurationFile: file,
      initialLogitScale: described.initialLogitScale)
  }

  private mutating func openCLIP() throws -> Checkpoint {
    let layout: CheckpointLayout = weights.scriptArchive == nil ? .openCLIP : .openAI
    guard let file = files.file("open_clip_config.json") else {
      return try inferred(NamedTensors(openCLIP: weights), layout: layout)
    }
    // An architecture that is not read here is better told by its name than by that of a tensor.
    let described = try OpenCLIPConfiguration(file)
    let named = try NamedTensors(openCLIP: weights)
    return try finish(
      named, described.configuration, layout: layout, configurationFile: file, initialLogitScale: nil)
  }

  private mutating func inferred(_ named: NamedTensors, layout: CheckpointLayout) throws -> Checkpoint {
    if let sign = named.tensors.keys.sorted().first(where: {
      $0 == TokenNames.widening || $0.hasSuffix(LayerNames.scoreMixSuffix)
        || $0.hasPrefix(StemNames.prefix)
    }) {
      throw CheckpointError.unsupportedModel(
        file: weights.path, what: "a lightweight CLIP (it has \(sign)) without its config.json")
    }
    if named.tensors.keys.contains(where: { $0.hasPrefix(TrunkNames.prefix) }) {
      throw CheckpointError.unsupportedModel(
        file: weights.path,
        what: "a convolutional image tower without its open_clip_config.json or config.json")
    }
    // The code of Long-CLIP knows no other activation than OpenAI's.
    let own = named.hasLaterPositions ? Activation.quickGELU : weights.scriptArchive?.activation
    guard let activation = activation ?? own else {
      throw CheckpointError.activationUnknown(file: weights.path)
    }
    let configuration = try InferredConfiguration(named, activation: activation, file: weights.path)
      .configuration
    let heads = (configuration.vision.transformer.heads, configuration.text.transformer.heads)
    warnings.append(
      "no configuration beside the weights: the architecture follows from the shapes, and \(heads.0) and "
        + "\(heads.1) attention heads from the published models of these widths")
    return try finish(
      named, configuration, layout: layout, configurationFile: nil, initialLogitScale: nil)
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
    try refuseUnused(named, used: tensors)
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

  /// Every tensor must have a place: one that is left out may change what the model computes.
  private func refuseUnused(_ named: NamedTensors, used: [String: StoredTensor]) throws {
    let all = Set(named.tensors.keys).union(named.unsupported.keys)
    let unused = all.filter { used[$0] == nil }.map { named.origin[$0] ?? $0 }.sorted()
    guard let first = unused.first else { return }
    throw CheckpointError.unusedTensors(file: weights.path(of: first), names: unused)
  }
}

extension TorchArchive {
  /// The activation that the archive's own code computes, read as text.
  ///
  /// OpenAI's archives and others of `torch.jit` contain their forward pass: QuickGELU is written there with
  /// `torch.sigmoid` (`x · sigmoid(1.702 x)`), which nothing else in a CLIP uses, and GELU as `torch.gelu`.
  var activation: Activation? {
    let code = code
    return switch (code.contains("torch.sigmoid("), code.contains("torch.gelu(")) {
    case (true, false): .quickGELU
    case (false, true): .gelu
    default: nil
    }
  }
}
