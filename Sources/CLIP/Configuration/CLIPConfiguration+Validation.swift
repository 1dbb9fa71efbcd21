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
      try check(tower.layers, in: Bounds.layers, "the \(name) tower's layers", file)
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
    guard vision.patchSize >= 1, vision.imageSize % vision.patchSize == 0 else {
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
