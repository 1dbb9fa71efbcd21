public import Foundation
import JSON

/// The weights of a convolutional trunk alone, pretrained on something else: what training can start an image tower from.
///
/// Stored as a folder of `config.json` (`model_type` `plumb_trunk`), `model.safetensors` and `preprocessor_config.json`.
public struct TrunkWeights: Sendable {
  /// The network.
  public var trunk: ConvolutionalTrunk
  /// The parameters, by the names that they have in a CLIP checkpoint (`vision_model.trunk.conv_stem.weight` …).
  public var tensors: [String: StoredTensor]
  /// How the images were prepared that the weights were trained on.
  public var preprocessing: ImagePreprocessing

  /// The `model_type` of the folder.
  package static let modelType = "plumb_trunk"

  /// Creates weights from their parts.
  public init(
    trunk: ConvolutionalTrunk, tensors: [String: StoredTensor], preprocessing: ImagePreprocessing
  ) {
    self.trunk = trunk
    self.tensors = tensors
    self.preprocessing = preprocessing
  }

  /// Opens a folder that ``write(to:storage:)`` wrote.
  ///
  /// - Throws: ``CheckpointError``, ``ImageError``.
  public init(opening folder: URL) throws {
    let file = folder.appendingPathComponent("config.json")
    let reader = try ConfigurationReader(file)
    let type = try reader.string("model_type") ?? "none"
    guard type == Self.modelType, let trunk = try LightweightKeys.readTrunk(reader) else {
      throw CheckpointError.badConfiguration(
        file: file.path, key: "model_type", expected: "\(Self.modelType) with a trunk", found: type)
    }
    let weights = try WeightSet([folder.appendingPathComponent("model.safetensors")])
    let tensors = try Self.tensors(of: weights, trunk) { $0 }
    self.init(trunk: trunk, tensors: tensors, preprocessing: try ImagePreprocessing.load(from: folder))
  }

  /// Imports the state dictionary of an EfficientNet-Lite, of timm's `tf_efficientnet_lite*` or of the package
  /// `efficientnet-lite-pytorch`; which it is, its names tell, and which of the family, the shapes. The classifier is dropped.
  ///
  /// - Parameter file: A `.pth`, `.pt`, `.bin` or `.safetensors` file.
  /// - Throws: ``CheckpointError``.
  public init(importing file: URL) throws {
    let weights = try WeightSet([file])
    guard let source = TrunkSource(weights.names) else {
      throw CheckpointError.unsupportedModel(
        file: file.path, what: "a file without an EfficientNet-Lite (it has neither conv_stem nor _conv_stem)"
      )
    }
    let trunk = ConvolutionalTrunk(try source.architecture(of: weights))
    let names = source.names(of: trunk)
    let tensors = try Self.tensors(of: weights, trunk) { names[$0] ?? $0 }
    self.init(trunk: trunk, tensors: tensors, preprocessing: source.preprocessing(trunk))
  }

  /// Every parameter of a trunk from a file; what is missing, has another shape or has no place is an error.
  private static func tensors(
    of weights: WeightSet, _ trunk: ConvolutionalTrunk, name: (String) -> String
  ) throws -> [String: StoredTensor] {
    var tensors: [String: StoredTensor] = [:]
    var missing: [String] = []
    var used: Set<String> = []
    for (canonical, shape) in trunk.parameterShapes {
      let own = name(canonical)
      used.insert(own)
      guard let tensor = try weights.tensor(own) else {
        missing.append(own)
        continue
      }
      guard tensor.shape == shape else {
        throw CheckpointError.misshapen(
          file: weights.path(of: own), tensor: own, expected: shape, found: tensor.shape)
      }
      tensors[canonical] = tensor
    }
    guard missing.isEmpty else {
      throw CheckpointError.missingTensors(file: weights.path, names: missing)
    }
    let unused = weights.names.filter {
      !used.contains($0) && !HarmlessTensors.contains($0) && !TrunkSource.isClassifier($0)
    }
    guard unused.isEmpty else {
      throw CheckpointError.unusedTensors(file: weights.path, names: unused.sorted())
    }
    return tensors
  }

  /// Writes the folder, which must be new or empty; it appears whole or not at all.
  ///
  /// - Throws: ``CheckpointError``.
  public func write(to folder: URL, storage: StorageType = .float32) throws -> CheckpointWriter.Report {
    try CheckpointWriter.makeFolder(folder) { draft in
      _ = try SafetensorsWriter(storage: storage).write(
        tensors, to: draft.appendingPathComponent("model.safetensors"))
      var members: [String: JSONValue] = ["model_type": .string(Self.modelType)]
      LightweightKeys.write(trunk, into: &members)
      try CheckpointWriter.write(JSONValue(sorted: members), to: draft.appendingPathComponent("config.json"))
      if let images = CheckpointWriter.document(preprocessing) {
        try CheckpointWriter.write(images, to: draft.appendingPathComponent("preprocessor_config.json"))
      }
      return ["config.json", "model.safetensors", "preprocessor_config.json"]
    }
  }
}

/// Who wrote the weights of a trunk, as the names of its tensors tell.
enum TrunkSource {
  /// timm, whose names are ours without the prefix.
  case timm
  /// The package `efficientnet-lite-pytorch`, which counts blocks through all stages.
  case efficientNetLitePyTorch

  init?(_ names: Set<String>) {
    if names.contains("conv_stem.weight") {
      self = .timm
    } else if names.contains("_conv_stem.weight") {
      self = .efficientNetLitePyTorch
    } else {
      return nil
    }
  }

  /// Whether a tensor belongs to the classifier of ImageNet's classes.
  static func isClassifier(_ name: String) -> Bool {
    ["classifier.", "_fc."].contains { name.hasPrefix($0) }
  }

  /// Which of the family has these channels before the head and as many blocks; the nearest where none has.
  func architecture(of weights: WeightSet) throws -> ConvolutionalTrunk.Architecture {
    // Tensors that do not lie in order are copied to be looked at: once, not for each of the family.
    var shapes: [String: [Int]?] = [:]
    func shape(_ name: String) throws -> [Int]? {
      if let known = shapes[name] { return known }
      let shape = try weights.tensor(name)?.shape
      shapes[name] = .some(shape)
      return shape
    }
    func misfits(_ architecture: ConvolutionalTrunk.Architecture) throws -> Int {
      let trunk = ConvolutionalTrunk(architecture)
      let own = names(of: trunk)
      let wanted = Set(own.values)
      let odd = try trunk.parameterShapes.filter { try shape(own[$0.name] ?? "") != $0.shape }
      return odd.count + weights.names.filter { $0.contains("conv") && !wanted.contains($0) }.count
    }
    var best = ConvolutionalTrunk.Architecture.efficientNetLite0
    var fewest = Int.max
    for architecture in ConvolutionalTrunk.Architecture.allCases {
      let found = try misfits(architecture)
      if found < fewest { (best, fewest) = (architecture, found) }
    }
    return best
  }

  /// The file's name of each parameter.
  func names(of trunk: ConvolutionalTrunk) -> [String: String] {
    var convolutions: [String: String] = [:]
    func add(_ names: TrunkNames.ConvolutionNames, _ convolution: String, _ norm: String) {
      convolutions[names.convolution] = convolution
      convolutions[names.norm] = norm
    }
    switch self {
    case .timm:
      for (names, _) in trunk.convolutions {
        add(
          names, String(names.convolution.dropFirst(TrunkNames.prefix.count)),
          String(names.norm.dropFirst(TrunkNames.prefix.count)))
      }
    case .efficientNetLitePyTorch:
      add(TrunkNames.stem, "_conv_stem", "_bn0")
      add(TrunkNames.head, "_conv_head", "_bn1")
      var number = 0
      for (stage, blocks) in trunk.blocks.enumerated() {
        for (index, block) in blocks.enumerated() {
          let names = TrunkNames.block(stage: stage, index, expands: block.expands)
          let own = "_blocks.\(number)"
          if let expansion = names.expansion { add(expansion, "\(own)._expand_conv", "\(own)._bn0") }
          add(names.depthwise, "\(own)._depthwise_conv", "\(own)._bn1")
          add(names.projection, "\(own)._project_conv", "\(own)._bn2")
          number += 1
        }
      }
    }
    var names: [String: String] = [:]
    for (name, _) in trunk.parameterShapes {
      guard let point = name.lastIndex(of: ".") else { continue }
      names[name] = convolutions[String(name[..<point])].map { "\($0)\(name[point...])" }
    }
    return names
  }

  /// What the images were made of: `(x − 127) / 128` in TensorFlow's own code, whose weights the package has as they are,
  /// and half a mean and half a deviation in timm.
  func preprocessing(_ trunk: ConvolutionalTrunk) -> ImagePreprocessing {
    let side = trunk.architecture.imageSize
    var images = ImagePreprocessing.clip(imageSize: side)
    switch self {
    case .timm: (images.mean, images.std) = (SIMD3(repeating: 0.5), SIMD3(repeating: 0.5))
    case .efficientNetLitePyTorch:
      (images.mean, images.std) = (SIMD3(repeating: 127.0 / 255), SIMD3(repeating: 128.0 / 255))
    }
    return images
  }
}
