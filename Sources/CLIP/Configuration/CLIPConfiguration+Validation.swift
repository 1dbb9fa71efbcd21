extension CLIPConfiguration {
  /// The largest sizes that a configuration is believed; every product of two of them fits an `Int`.
  enum Bounds {
    static let width = 1...65_536
    static let layers = 1...1_024
    static let vocabulary = 1...16_777_216
    static let context = 1...1_048_576
    static let side = 1...65_536
    static let stemStages = 4
    static let stemChannels = 1...8_192
    static let stemBlocks = 0...64
  }

  /// Checks what no single value shows; throws ``CheckpointError/badConfiguration(file:key:expected:found:)``.
  func validate(file: String) throws {
    for (tower, name) in [(vision.transformer, "vision"), (text.transformer, "text")] {
      try check(tower.width, in: Bounds.width, "the \(name) tower's width", file)
      let isAlone = name == "vision" && vision.trunk != nil
      try check(
        tower.layers, in: (isAlone ? 0 : 1)...Bounds.layers.upperBound, "the \(name) tower's layers", file)
      try check(tower.mlpWidth, in: 1...(16 * Bounds.width.upperBound), "the \(name) tower's MLP width", file)
      guard tower.heads >= 1, tower.width % tower.heads == 0 else {
        throw CheckpointError.badConfiguration(
          file: file, key: "the \(name) tower's attention heads",
          expected: "a number that divides the width \(tower.width)", found: "\(tower.heads)")
      }
      guard tower.sharing >= 1, tower.layers % tower.sharing == 0 else {
        throw CheckpointError.badConfiguration(
          file: file, key: "the \(name) tower's sharing",
          expected: "a number that divides its \(tower.layers) layers", found: "\(tower.sharing)")
      }
    }
    try check(vision.imageSize, in: Bounds.side, "the image size", file)
    try validateTrunk(file)
    guard vision.pooledTrunk != nil || vision.patchSize >= 1 && vision.imageSize % vision.patchSize == 0
    else {
      throw CheckpointError.badConfiguration(
        file: file, key: "the patch size",
        expected: "a number that divides the image size \(vision.imageSize)",
        found: "\(vision.patchSize)")
    }
    try validateStem(file)
    try check(text.vocabularySize, in: Bounds.vocabulary, "the vocabulary size", file)
    try check(text.contextLength, in: Bounds.context, "the context length", file)
    try check(embeddingWidth, in: Bounds.width, "the embedding width", file)
    if let rank = text.embeddingRank {
      try check(rank, in: 1...text.transformer.width, "the rank of the token embedding", file)
    }
  }

  private func validateTrunk(_ file: String) throws {
    guard let trunk = vision.trunk else { return }
    try check(trunk.stages, in: 1...ConvolutionalTrunk.stageCount, "the stages of the trunk", file)
    guard vision.stem.isEmpty else {
      throw CheckpointError.badConfiguration(
        file: file, key: "the stem", expected: "nothing beside a trunk, which takes its place",
        found: "\(vision.stem.count) stages")
    }
    guard vision.pooledTrunk == nil else { return }
    guard vision.patchSize >= trunk.stride, vision.patchSize % trunk.stride == 0 else {
      throw CheckpointError.badConfiguration(
        file: file, key: "the patch size",
        expected: "a multiple of \(trunk.stride), by which the trunk makes the image smaller",
        found: "\(vision.patchSize)")
    }
    guard trunk.projection == .linear, !trunk.hasProjectionBias else {
      throw CheckpointError.badConfiguration(
        file: file, key: "the projection of the trunk",
        expected: "linear without a bias where transformer layers follow it",
        found: trunk.projection.rawValue + (trunk.hasProjectionBias ? " with a bias" : ""))
    }
  }

  private func validateStem(_ file: String) throws {
    try check(vision.stem.count, in: 0...Bounds.stemStages, "the number of the stem's stages", file)
    for stage in vision.stem {
      try check(stage.channels, in: Bounds.stemChannels, "the channels of a stage of the stem", file)
      try check(stage.blocks, in: Bounds.stemBlocks, "the blocks of a stage of the stem", file)
    }
    let factor = 1 << vision.stem.count
    guard vision.patchSize % factor == 0 else {
      throw CheckpointError.badConfiguration(
        file: file, key: "the patch size",
        expected:
          "a multiple of \(factor), by which the stem's \(vision.stem.count) stages make the image smaller",
        found: "\(vision.patchSize)")
    }
  }

  private func check(_ value: Int, in bounds: ClosedRange<Int>, _ key: String, _ file: String) throws {
    guard bounds.contains(value) else {
      throw CheckpointError.badConfiguration(
        file: file, key: key, expected: "from \(bounds.lowerBound) to \(bounds.upperBound)", found: "\(value)"
      )
    }
  }
}
