import CLIP

/// The text tower in training: packed token ids to embeddings (B, E), not normalized.
public struct TextNetwork {
  private let torch: Torch
  private let configuration: TextConfiguration
  private let table: Tensor
  private let widening: Tensor?
  private let positions: Tensor
  private let layers: TransformerLayers
  private let finalNorm: LayerNormLayer
  private let projection: Tensor

  /// Takes the tower's parameters. Throws ``TrainingError``.
  public init(_ store: ParameterStore) throws {
    torch = store.torch
    configuration = store.configuration.text
    let name = "text_model"
    table = try store(TokenNames.table)
    widening = configuration.embeddingRank == nil ? nil : try store(TokenNames.widening)
    positions = try store("\(name).embeddings.position_embedding.weight")
    layers = try TransformerLayers(store, name, configuration.transformer)
    finalNorm = try LayerNormLayer(
      store, "\(name).final_layer_norm", epsilon: configuration.transformer.layerNormEpsilon)
    projection = try store("text_projection.weight")
  }

  /// Embeds texts.
  ///
  /// - Parameters:
  ///   - ids: The tokens of all texts, each up to its end of text, one text after another.
  ///   - lengths: The number of tokens of each.
  /// - Throws: ``TorchError``, ``TrainingError/unusableBatch(reason:)``.
  public func callAsFunction(
    ids: [Int32], lengths: [Int], _ pass: ForwardPass = ForwardPass()
  ) throws -> Tensor {
    guard ids.count == lengths.reduce(0, +) else {
      throw TrainingError.unusableBatch(reason: "a batch has \(ids.count) tokens and lengths for \(lengths)")
    }
    if let stray = ids.first(where: { $0 < 0 || Int($0) >= configuration.vocabularySize }) {
      throw TrainingError.unusableBatch(
        reason: "token id \(stray) is not below the model's vocabulary of \(configuration.vocabularySize); "
          + "use the tokenizer that belongs to the model")
    }
    if let longest = lengths.max(), longest > configuration.contextLength {
      throw TrainingError.unusableBatch(
        reason: "a text has \(longest) tokens, more than the model's \(configuration.contextLength)")
    }
    let groups = LengthGroups(lengths)
    // What listens to a layer wants the whole batch.
    guard groups.groups.count > 1, pass.hooks.isEmpty else { return try rows(ids, lengths, pass) }
    var starts: [Int] = []
    var next = 0
    for length in lengths {
      starts.append(next)
      next += length
    }
    let parts = try groups.groups.map { group in
      try rows(
        group.flatMap { ids[starts[$0]..<(starts[$0] + lengths[$0])] }, group.map { lengths[$0] }, pass)
    }
    return try torch.concatenated(parts).select(torch.indices(groups.places))
  }

  private func rows(_ ids: [Int32], _ lengths: [Int], _ pass: ForwardPass) throws -> Tensor {
    let layout = try SequenceLayout(
      texts: lengths, isCausal: configuration.attention == .causal, isFilledUp: pass.hooks.isEmpty,
      torch: torch)
    let padding = [Int](repeating: 0, count: layout.padding)
    var tokens = try table.embedding(torch.indices(ids.map(Int.init) + padding))
    if let widening { tokens = try tokens.linear(widening) }
    let places = lengths.flatMap { Array(0..<$0) } + padding
    let rows = try tokens + positions.embedding(torch.indices(places))
    return try finalNorm(layers(rows, layout, pass)).linear(projection)
  }
}
