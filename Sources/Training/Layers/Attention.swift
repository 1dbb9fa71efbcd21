import CLIP

/// Multi-head attention, with the mixers of a layer's heads where it has them.
struct AttentionLayer {
  private let query: LinearLayer
  private let key: LinearLayer
  private let value: LinearLayer
  private let output: LinearLayer
  /// (heads, heads), before the softmax and after it.
  private let scoreMix: Tensor?
  private let probabilityMix: Tensor?
  private let heads: Int

  init(_ store: ParameterStore, _ names: LayerNames, _ shape: TransformerConfiguration) throws {
    let inputs = names.queryKeyValue
    query = try LinearLayer(store, inputs[0], hasBias: shape.hasQueryKeyValueBias)
    key = try LinearLayer(store, inputs[1], hasBias: shape.hasQueryKeyValueBias)
    value = try LinearLayer(store, inputs[2], hasBias: shape.hasQueryKeyValueBias)
    output = try LinearLayer(store, names.output)
    scoreMix = shape.talkingHeads ? try store(names.scoreMix) : nil
    probabilityMix = shape.talkingHeads ? try store(names.probabilityMix) : nil
    heads = shape.heads
  }

  /// - Parameters:
  ///   - rows: (R, W), normalised.
  ///   - onlyChosen: whether only the chosen rows are asked for: (B, W) comes out.
  func callAsFunction(_ rows: Tensor, _ layout: SequenceLayout, onlyChosen: Bool, hook: ActivationHook?)
    throws -> Tensor
  {
    let keys = try layout.heads(key(rows), heads)
    let values = try layout.heads(value(rows), heads)
    let queries: Tensor
    if onlyChosen {
      queries = try query(rows.select(layout.chosen)).reshaped([layout.count, heads, 1, -1])
    } else {
      queries = try layout.heads(query(rows), heads)
    }
    try hook?.keep(
      queries: queries, keys: keys, values: values,
      padding: layout.chosenMask.map { try $0.reshaped([layout.count, 1, layout.length]) })
    let mask = onlyChosen ? layout.chosenMask : layout.mask
    let seen = try attend(queries, keys, values, mask: mask)
    if onlyChosen { return try output(seen.reshaped([layout.count, -1])) }
    return try output(layout.rows(seen))
  }

  /// `softmax(S · (Q·Kᵀ/√d))`, then `P · A`, then `A′·V`; S and P run over the heads.
  private func attend(_ queries: Tensor, _ keys: Tensor, _ values: Tensor, mask: Tensor?) throws -> Tensor {
    guard let scoreMix, let probabilityMix else {
      return try queries.attention(keys: keys, values: values, mask: mask)
    }
    let shape = queries.shape
    let scale = 1 / Double(shape[3]).squareRoot()
    let scores = try (queries * scale).matmul(keys.permuted([0, 1, 3, 2]))
    var mixed = try Self.mix(scores, scoreMix)
    if let mask { mixed = try mixed + mask }
    return try Self.mix(mixed.softmax(), probabilityMix).matmul(values)
  }

  /// Maps (B, H, N, T) mixed over H.
  private static func mix(_ maps: Tensor, _ mixer: Tensor) throws -> Tensor {
    let shape = maps.shape
    return try mixer.matmul(maps.reshaped([shape[0], shape[1], shape[2] * shape[3]])).reshaped(shape)
  }
}
