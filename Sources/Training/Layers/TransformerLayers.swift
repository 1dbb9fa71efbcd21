import CLIP

/// A tower's layers, one after another. In the last only the rows that stand for their sequences are computed.
struct TransformerLayers {
  private let torch: Torch
  private let layers: [BlockLayer]

  init(_ store: ParameterStore, _ tower: String, _ shape: TransformerConfiguration) throws {
    torch = store.torch
    layers = try (0..<shape.layers).map {
      try BlockLayer(store, LayerNames(tower: tower, layer: $0, sharing: shape.sharing), shape)
    }
  }

  /// (R, W) to the chosen rows (B, W).
  func callAsFunction(_ input: Tensor, _ layout: SequenceLayout, _ pass: ForwardPass) throws -> Tensor {
    var rows = input
    for (index, layer) in layers.enumerated() {
      // A layer that is listened to gives all of its rows.
      let hook = pass.hooks[index]
      let isLast = index == layers.count - 1
      let onlyChosen = isLast && hook == nil
      // The deeper, the more often left out.
      let drop =
        pass.dropPath > 0
        ? DropPath(torch: torch, probability: pass.dropPath * Double(index + 1) / Double(layers.count))
        : nil
      if pass.gradCheckpointing, hook == nil {
        rows = try torch.recomputed([rows]) {
          try layer($0[0], layout, onlyChosen: onlyChosen, drop: drop, hook: nil)
        }
      } else {
        rows = try layer(rows, layout, onlyChosen: onlyChosen, drop: drop, hook: hook)
      }
      if isLast, !onlyChosen { rows = try rows.select(layout.chosen) }
    }
    return rows
  }
}

/// How a forward pass is made.
public struct ForwardPass {
  /// The probability with which the last layer's branches are dropped (stochastic depth); earlier layers' is in proportion
  /// to their depth. 0 outside training.
  public var dropPath = 0.0
  /// Whether activations are recomputed in the backward pass, to save memory.
  public var gradCheckpointing = false
  /// Where batch norms have their means and variances from: in training alone from the batch.
  public var batchNorm = BatchNormStatistics.running
  /// Activation hooks, by the number of their layer.
  public var hooks: [Int: ActivationHook] = [:]

  /// A pass that leaves nothing out.
  public init() {}
}
