import CLIP

/// One pre-norm layer: attention and an MLP, each added to its input.
struct BlockLayer {
  private let firstNorm: LayerNormLayer
  private let attention: AttentionLayer
  private let secondNorm: LayerNormLayer
  private let expansion: LinearLayer
  private let contraction: LinearLayer
  private let activation: Activation

  init(_ store: ParameterStore, _ names: LayerNames, _ shape: TransformerConfiguration) throws {
    firstNorm = try LayerNormLayer(store, names.firstNorm, epsilon: shape.layerNormEpsilon)
    attention = try AttentionLayer(store, names, shape)
    secondNorm = try LayerNormLayer(store, names.secondNorm, epsilon: shape.layerNormEpsilon)
    expansion = try LinearLayer(store, names.expansion)
    contraction = try LinearLayer(store, names.contraction)
    activation = shape.activation
  }

  /// (R, W) to (R, W), or to the chosen rows (B, W). A branch that is dropped adds nothing.
  func callAsFunction(
    _ x: Tensor, _ layout: SequenceLayout, onlyChosen: Bool, drop: DropPath?, hook: ActivationHook?
  ) throws -> Tensor {
    let seen = try attention(firstNorm(x), layout, onlyChosen: onlyChosen, hook: hook)
    let kept = onlyChosen ? try x.select(layout.chosen) : x
    let middle = try kept + (drop?.scaled(seen, layout, onlyChosen) ?? seen)
    let expanded = try expansion(secondNorm(middle))
    let active = try activation == .gelu ? expanded.gelu() : expanded.quickGELU()
    let added = try contraction(active)
    let out = try middle + (drop?.scaled(added, layout, onlyChosen) ?? added)
    if let hook { hook.hidden = try layout.heads(out, 1).reshaped([layout.count, layout.length, -1]) }
    return out
  }
}

/// Stochastic depth: each sequence leaves a layer's branches out with a probability, and the others are scaled up.
struct DropPath {
  let torch: Torch
  let probability: Double

  func scaled(_ branch: Tensor, _ layout: SequenceLayout, _ onlyChosen: Bool) throws -> Tensor {
    let kept = try torch.full(1, [layout.count, 1]).dropout(probability)
    if onlyChosen { return try branch * kept }
    let rectangle = try kept.reshaped([layout.count, 1, 1]).expanded([layout.count, layout.length, 1])
      .reshaped([layout.count * layout.length, 1])
    return try branch * (layout.packing.map { try rectangle.select($0) } ?? rectangle)
  }
}
