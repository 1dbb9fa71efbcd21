package import CLIP
package import Training

/// The decoder in training: grids and captions to the logits of every next word.
package final class CaptionNetwork {
  /// The probabilities with which numbers are left out.
  package struct Dropout: Sendable, Equatable {
    /// Of embedded words and of what a layer adds.
    package var layers = 0.0
    /// Of the projected features.
    package var features = 0.0

    /// Nothing is left out.
    package init(layers: Double = 0, features: Double = 0) {
      self.layers = layers
      self.features = features
    }
  }

  package let configuration: CaptionerConfiguration
  package let torch: Torch
  private let tensors: [String: Tensor]

  /// Random parameters, which follow from torch's seed. Throws `TorchError`.
  package init(random configuration: CaptionerConfiguration, torch: Torch) throws {
    self.configuration = configuration
    self.torch = torch
    var tensors: [String: Tensor] = [:]
    // What is added to the stream by so many layers keeps its size.
    let branches = Double(3 * configuration.layers).squareRoot()
    for (name, shape) in configuration.parameterShapes {
      if shape.count == 1 {
        tensors[name] = try torch.full(name.hasSuffix("norm.weight") ? 1 : 0, shape)
      } else if name.hasSuffix("_embedding.weight") {
        tensors[name] = try torch.normal(shape, deviation: 0.02)
      } else {
        let isAdded = name.hasSuffix("out_proj.weight") || name.hasSuffix("fc2.weight")
        let deviation = (2 / Double(shape[0] + shape[1])).squareRoot()
        tensors[name] = try torch.normal(shape, deviation: isAdded ? deviation / branches : deviation)
      }
    }
    self.tensors = tensors
  }

  /// Stored parameters. Throws `TorchError`, `TrainingError`.
  package init(_ stored: [String: StoredTensor], _ configuration: CaptionerConfiguration, torch: Torch) throws
  {
    self.configuration = configuration
    self.torch = torch
    var tensors: [String: Tensor] = [:]
    for (name, shape) in configuration.parameterShapes {
      guard let tensor = stored[name] else { throw TrainingError.missingParameter(name: name) }
      tensors[name] = try torch.tensor(tensor.floats(), shape)
    }
    self.tensors = tensors
  }

  /// Every parameter with its name, in the order of the forward pass.
  package var all: [(name: String, tensor: Tensor)] {
    configuration.parameterShapes.compactMap { name, _ in tensors[name].map { (name, $0) } }
  }

  /// The parameters' numbers. Throws `TorchError`.
  package func stored(replacing other: [String: Tensor] = [:]) throws -> [String: StoredTensor] {
    var stored: [String: StoredTensor] = [:]
    for (name, tensor) in all {
      let tensor = other[name] ?? tensor
      stored[name] = StoredTensor(shape: tensor.shape, floats: try tensor.floats())
    }
    return stored
  }

  /// The logits of every next word of some captions, (rows, vocabulary).
  ///
  /// - Parameters:
  ///   - features: (images, cells, channels).
  ///   - captions: the words of each, from the begin token on; those of an image stand together.
  /// - Throws: `TorchError`.
  package func logits(
    features: Tensor, captions: CaptionLayout, dropout: Dropout = Dropout()
  ) throws -> Tensor {
    let shape = features.shape
    let (count, cells) = (shape[0], shape[1])
    let heads = configuration.heads
    var image = try linear("feature_projection", features.reshaped([count * cells, shape[2]]))
    image = try norm("feature_norm", image).dropout(dropout.features)
    var x = try tensor("token_embedding.weight").embedding(captions.words)
    x = try x + tensor("position_embedding.weight").embedding(captions.places)
    x = try x.dropout(dropout.layers)
    // Of a block, for the layers that share it.
    var selfInputs: Product?
    var ofImage: [Tensor] = []
    for layer in 0..<configuration.layers {
      let names = CaptionLayerNames(layer: layer, sharing: configuration.sharing)
      if layer % configuration.sharing == 0 {
        selfInputs = try Product(joining: names.selfInputs, of: self)
        let both = try Product(joining: Array(names.crossInputs[1...]), of: self)(image)
          .reshaped([count, cells, 2, heads, -1]).permuted([2, 0, 3, 1, 4])
        ofImage = try (0..<2).map { try both.part($0) }
      }
      if let selfInputs {
        let own = try captions.sequences.heads(selfInputs(norm(names.selfNorm, x)), heads, parts: 3)
        let seen = try own[0].attention(keys: own[1], values: own[2], mask: captions.mask)
        x = try x + linear(names.selfOutput, captions.sequences.rows(seen)).dropout(dropout.layers)
      }

      let asked = try captions.images.heads(
        linear(names.crossInputs[0], norm(names.crossNorm, x)), heads, parts: 1)
      let found = try asked[0].attention(keys: ofImage[0], values: ofImage[1], mask: nil)
      x = try x + linear(names.crossOutput, captions.images.rows(found)).dropout(dropout.layers)

      let hidden = try linear(names.expansion, norm(names.mlpNorm, x)).gelu()
      x = try x + linear(names.contraction, hidden).dropout(dropout.layers)
    }
    return try norm("final_norm", x).linear(tensor("token_embedding.weight"), tensor("output.bias"))
  }

  /// Several products of the same rows as one.
  private struct Product {
    private let weight: Tensor
    private let bias: Tensor

    init(joining names: [String], of network: CaptionNetwork) throws {
      weight = try network.torch.concatenated(names.map { try network.tensor("\($0).weight") })
      bias = try network.torch.concatenated(names.map { try network.tensor("\($0).bias") })
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor { try x.linear(weight, bias) }
  }

  private func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw TrainingError.missingParameter(name: name) }
    return tensor
  }

  private func linear(_ name: String, _ x: Tensor) throws -> Tensor {
    try x.linear(tensor("\(name).weight"), tensor("\(name).bias"))
  }

  private func norm(_ name: String, _ x: Tensor) throws -> Tensor {
    try x.layerNorm(
      tensor("\(name).weight"), tensor("\(name).bias"), epsilon: Double(CaptionerConfiguration.epsilon))
  }
}
