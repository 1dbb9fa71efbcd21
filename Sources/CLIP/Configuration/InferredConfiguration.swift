import Files

/// The architecture as the shapes of the tensors tell it, for checkpoints without a configuration.
package struct InferredConfiguration {
  /// The architecture.
  package let configuration: CLIPConfiguration

  /// Widths of published image towers whose heads are not 64 wide: H/14, g/14, bigG/14, e/14 of open_clip.
  private static let headWidths = [1_280: 80, 1_408: 88, 1_664: 104, 1_792: 112]

  /// Reads the shapes of tensors under their Hugging Face names; throws ``CheckpointError``.
  package init(_ tensors: [String: StoredTensor], activation: Activation, file: String) throws {
    try self.init(NamedTensors(tensors: tensors), activation: activation, file: file)
  }

  init(_ named: NamedTensors, activation: Activation, file: String) throws {
    let shapes = Shapes(named: named, file: file)
    let patch = try shapes["vision_model.embeddings.patch_embedding.weight", 4]
    let positions = try shapes["vision_model.embeddings.position_embedding.weight", 2]
    let tokens = try shapes["text_model.embeddings.token_embedding.weight", 2]
    let context = try shapes["text_model.embeddings.position_embedding.weight", 2]
    let projection = try shapes["visual_projection.weight", 2]
    let side = Self.squareRoot(positions[0] - 1)
    guard let side, side >= 1, patch[2] <= 4_096 else {
      throw FileReadError.damaged(
        file: file, key: "the position embedding of the images",
        expected: "a square of patches and one more",
        found: "\(positions[0])")
    }
    configuration = CLIPConfiguration(
      vision: VisionConfiguration(
        transformer: try shapes.tower(
          "vision_model", width: patch[0], headWidth: Self.headWidths[patch[0]] ?? 64, activation: activation),
        imageSize: side * patch[2], patchSize: patch[2]),
      text: TextConfiguration(
        transformer: try shapes.tower("text_model", width: tokens[1], headWidth: 64, activation: activation),
        vocabularySize: tokens[0], contextLength: context[0], endOfText: .highestID),
      embeddingWidth: projection[0])
    try configuration.validate(file: file)
  }

  private static func squareRoot(_ value: Int) -> Int? {
    guard value >= 0, value <= 1 << 30 else { return nil }
    let root = Int(Double(value).squareRoot().rounded())
    return root * root == value ? root : nil
  }
}

private struct Shapes {
  let named: NamedTensors
  let file: String

  subscript(_ name: String, rank: Int) -> [Int] {
    get throws {
      if let error = named.unsupported[name] { throw error }
      guard let tensor = named.tensors[name] else {
        throw CheckpointError.missingTensors(file: file, names: [named.origin[name] ?? name])
      }
      guard tensor.shape.count == rank, tensor.shape.allSatisfy({ $0 >= 1 }) else {
        throw FileReadError.damaged(
          file: file, key: named.origin[name] ?? name, expected: "\(rank) dimensions",
          found: "\(tensor.shape)")
      }
      return tensor.shape
    }
  }

  func tower(
    _ name: String, width: Int, headWidth: Int, activation: Activation
  ) throws -> TransformerConfiguration {
    let layers = named.tensors.keys.filter {
      $0.hasPrefix("\(name).encoder.layers.") && $0.hasSuffix(".mlp.fc1.weight")
    }.count
    let first = try self["\(name).encoder.layers.0.mlp.fc1.weight", 2]
    guard width % headWidth == 0 else {
      throw CheckpointError.badConfiguration(
        file: file, key: "the width of \(name)",
        expected: "a multiple of \(headWidth) where no configuration beside the weights tells the heads",
        found: "\(width)")
    }
    return TransformerConfiguration(
      width: width, layers: layers, heads: width / headWidth, mlpWidth: first[0], activation: activation)
  }
}
