/// The names of the parameters of one layer of a tower.
///
/// Layers that share their products find them under the name of the first of them, as tied weights are saved; a layer
/// that shares nothing has all of its parameters under its own name, as Hugging Face's `CLIPModel` does.
package struct LayerNames {
  private let own: String
  private let shared: String

  /// The names of a layer of `vision_model` or `text_model`.
  package init(tower: String, layer: Int, sharing: Int) {
    own = "\(tower).encoder.layers.\(layer)"
    shared = "\(tower).encoder.layers.\(layer / max(1, sharing) * max(1, sharing))"
  }

  // Each layer's own.
  package var firstNorm: String { "\(own).layer_norm1" }
  package var secondNorm: String { "\(own).layer_norm2" }
  /// (heads, heads), over the scores before the softmax.
  package var scoreMix: String { "\(own).self_attn.\(Self.scoreMixSuffix)" }
  /// (heads, heads), over the probabilities after it.
  package var probabilityMix: String { "\(own).self_attn.probability_mixer.weight" }

  // Shared.
  package var queryKeyValue: [String] { ["q_proj", "k_proj", "v_proj"].map { "\(shared).self_attn.\($0)" } }
  package var output: String { "\(shared).self_attn.out_proj" }
  package var expansion: String { "\(shared).mlp.fc1" }
  package var contraction: String { "\(shared).mlp.fc2" }

  /// How the name ends that tells a model that mixes heads.
  static let scoreMixSuffix = "score_mixer.weight"
}

/// The names of the parameters that turn tokens into rows.
package enum TokenNames {
  /// (vocabulary, width), or (vocabulary, rank).
  package static let table = "text_model.embeddings.token_embedding.weight"
  /// (width, rank), where there is a rank.
  package static let widening = "text_model.embeddings.token_projection.weight"
}

/// The names of the parameters of one stage of an image tower's stem.
///
/// A convolution has `<name>.weight`, (outputs, inputs, 3, 3); a batch norm `<name>.weight`, `.bias`, `.running_mean` and
/// `.running_var`.
package struct StemNames {
  private let stage: String

  /// The names of a stage, counted from 0.
  package init(stage: Int) { self.stage = "\(Self.prefix)\(stage)" }

  /// The convolution of stride 2.
  package var convolution: String { "\(stage).conv" }
  /// The batch norm after it.
  package var norm: String { "\(stage).norm" }

  /// The parameters of a residual block.
  package struct Block {
    package let firstConvolution: String
    package let firstNorm: String
    package let secondConvolution: String
    package let secondNorm: String
  }

  /// The names of a residual block of the stage, counted from 0.
  package func block(_ index: Int) -> Block {
    let name = "\(stage).blocks.\(index)"
    return Block(
      firstConvolution: "\(name).conv1", firstNorm: "\(name).norm1", secondConvolution: "\(name).conv2",
      secondNorm: "\(name).norm2")
  }

  /// How all names of a stem begin.
  package static let prefix = "vision_model.embeddings.stem."

  /// Whether a name is that of a batch norm's running mean or variance, which batches set and gradients do not move.
  package static func isStatistic(_ name: String) -> Bool {
    name.hasSuffix(".running_mean") || name.hasSuffix(".running_var")
  }
}
