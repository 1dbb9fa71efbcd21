package import CLIP
package import Compute

/// The decoder in the engine: words and the grid of an image to the logits of the next word.
///
/// What is the same at every word is computed once: the keys and values of an image's cells for all rows that describe it, and
/// those of the words before (the KV cache). ``DecodingSession`` holds both.
package final class CaptionDecoder: @unchecked Sendable {
  // Unchecked: its weights are never written to after `init`; `context` is used by one session at a time, by contract.

  /// The architecture.
  package let configuration: CaptionerConfiguration
  let precision: Precision
  let context: Context
  let projection: Linear
  let featureNorm: LayerNorm
  let layers: [DecoderLayer]
  let finalNorm: LayerNorm
  let output: Linear
  private let tokens: Matrix
  private let positions: Vector

  /// Takes a captioner's parameters.
  ///
  /// - Throws: `ModelError`, `ComputeError`.
  package init(
    _ tensors: [String: StoredTensor], _ configuration: CaptionerConfiguration,
    precision: Precision = .float32,
    threads: Int? = nil
  ) throws {
    self.configuration = configuration
    self.precision = precision
    context = try Context(threads: max(1, threads ?? Hardware.coreCount))
    let parameters = Parameters(tensors, precision: precision)
    let width = configuration.width
    projection = try parameters.linear(
      ["feature_projection"], inputs: configuration.featureSize, outputs: width)
    featureNorm = try parameters.captionNorm("feature_norm", width)
    tokens = try parameters.matrix("token_embedding.weight", configuration.vocabularySize, width)
    positions = try Vector(parameters.matrix("position_embedding.weight", configuration.positions, width))
    var layers: [DecoderLayer] = []
    for layer in 0..<configuration.layers {
      let isFirst = layer % configuration.sharing == 0
      layers.append(
        try DecoderLayer(parameters, configuration, layer, products: isFirst ? nil : layers.last?.products))
    }
    self.layers = layers
    finalNorm = try parameters.captionNorm("final_norm", width)
    output = try Linear(
      matrices: [tokens], biases: [parameters.vector("output.bias", configuration.vocabularySize)],
      precision: precision)
  }

  /// Writes the embedding of a word at a position.
  func embed(_ word: Int32, at position: Int, to row: UnsafeMutablePointer<Float>) {
    let place = min(max(0, Int(word)), configuration.vocabularySize - 1)
    tokens.copyRows(place..<(place + 1), to: row)
    let width = configuration.width
    Kernels.best.add(
      positions.numbers + min(position, configuration.positions - 1) * width, count: width, to: row)
  }
}

extension Parameters {
  func captionNorm(_ name: String, _ width: Int) throws -> LayerNorm {
    try LayerNorm(self, name, width, epsilon: CaptionerConfiguration.epsilon)
  }
}

/// The products of a block of the decoder, which several layers may share.
final class DecoderProducts: Sendable {
  let queryKeyValue: Linear
  let selfOutput: Linear
  let crossQuery: Linear
  /// Of the image's cells.
  let crossKeyValue: Linear
  let crossOutput: Linear
  let expansion: Linear
  let contraction: Linear

  init(_ parameters: Parameters, _ names: CaptionLayerNames, _ shape: CaptionerConfiguration) throws {
    let width = shape.width
    queryKeyValue = try parameters.linear(names.selfInputs, inputs: width, outputs: width)
    selfOutput = try parameters.linear([names.selfOutput], inputs: width, outputs: width)
    crossQuery = try parameters.linear([names.crossInputs[0]], inputs: width, outputs: width)
    crossKeyValue = try parameters.linear(Array(names.crossInputs[1...]), inputs: width, outputs: width)
    crossOutput = try parameters.linear([names.crossOutput], inputs: width, outputs: width)
    expansion = try parameters.linear([names.expansion], inputs: width, outputs: shape.mlpWidth)
    contraction = try parameters.linear([names.contraction], inputs: shape.mlpWidth, outputs: width)
  }
}

/// A layer of the decoder.
struct DecoderLayer: Sendable {
  let selfNorm: LayerNorm
  let crossNorm: LayerNorm
  let mlpNorm: LayerNorm
  let products: DecoderProducts

  /// - Parameter products: those of the layer before, where this one shares them.
  init(
    _ parameters: Parameters, _ shape: CaptionerConfiguration, _ layer: Int, products: DecoderProducts?
  ) throws {
    let names = CaptionLayerNames(layer: layer, sharing: shape.sharing)
    selfNorm = try parameters.captionNorm(names.selfNorm, shape.width)
    crossNorm = try parameters.captionNorm(names.crossNorm, shape.width)
    mlpNorm = try parameters.captionNorm(names.mlpNorm, shape.width)
    self.products = try products ?? DecoderProducts(parameters, names, shape)
  }
}
