import CLIP
import Files
import Foundation
import JSON

/// The architecture of a captioner: a transformer decoder that attends to the grid of an image encoder.
///
///     h = norm(features · W + b)                        (cells, width), the encoder's grid, projected
///     x = token_embedding[word] + position_embedding[place]
///     x = x + self_attention(norm(x))                   a word sees those before it and itself
///     x = x + cross_attention(norm(x), h)
///     x = x + fc2(GELU(fc1(norm(x))))                   these three in each layer
///     logits = norm(x) · token_embeddingᵀ + bias
public struct CaptionerConfiguration: Sendable, Equatable {
  /// The channels of a cell of the encoder's grid.
  public var featureSize: Int
  /// The width of the decoder.
  public var width: Int
  /// The layers that a word passes.
  public var layers: Int
  /// So many consecutive layers use the products of one block (weight multiplexing); each has layer norms of its own.
  public var sharing: Int
  /// The attention heads of a layer.
  public var heads: Int
  /// The width of the hidden layer of the MLP.
  public var mlpWidth: Int
  /// The words of the vocabulary, with the special ones.
  public var vocabularySize: Int
  /// The most words of a caption, its end counted as one.
  public var maxLength: Int
  /// The image encoder: what `--model` takes, or the name of a folder inside the captioner's.
  public var encoder: String
  /// The encoder's mark, `Checkpoint.fingerprint()`.
  public var encoderFingerprint: String
  /// What it was rewarded for in self-critical training, in words; nil for nothing.
  public var reward: String?
  /// α of `log p / length^α`, by which its captions are ordered where nobody asks for another; nil for that of ``GenerationOptions``.
  public var lengthPenalty: Double?

  /// What a layer norm adds to the variance.
  package static let epsilon: Float = 1e-5
  /// The `model_type` of `config.json`.
  static let modelType = "plumb_captioner"

  /// Describes an architecture.
  public init(
    featureSize: Int, width: Int = 384, layers: Int = 2, sharing: Int = 1, heads: Int = 6,
    mlpWidth: Int = 1536,
    vocabularySize: Int, maxLength: Int = 20, encoder: String, encoderFingerprint: String
  ) {
    self.featureSize = featureSize
    self.width = width
    self.layers = layers
    self.sharing = sharing
    self.heads = heads
    self.mlpWidth = mlpWidth
    self.vocabularySize = vocabularySize
    self.maxLength = maxLength
    self.encoder = encoder
    self.encoderFingerprint = encoderFingerprint
  }

  /// The positions that have an embedding: those of the begin and of all words but the last.
  var positions: Int { maxLength }

  /// The shape of every parameter, by name, in the order of the forward pass.
  package var parameterShapes: [(name: String, shape: [Int])] {
    var shapes: [(name: String, shape: [Int])] = [
      ("feature_projection.weight", [width, featureSize]), ("feature_projection.bias", [width]),
      ("feature_norm.weight", [width]), ("feature_norm.bias", [width]),
      ("token_embedding.weight", [vocabularySize, width]), ("position_embedding.weight", [positions, width]),
    ]
    func norm(_ name: String) { shapes += [("\(name).weight", [width]), ("\(name).bias", [width])] }
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) {
      shapes += [("\(name).weight", [outputs, inputs]), ("\(name).bias", [outputs])]
    }
    for layer in 0..<layers {
      let names = CaptionLayerNames(layer: layer, sharing: sharing)
      norm(names.selfNorm)
      norm(names.crossNorm)
      norm(names.mlpNorm)
      guard layer % sharing == 0 else { continue }
      for name in names.selfInputs + names.crossInputs + [names.selfOutput, names.crossOutput] {
        linear(name, width, width)
      }
      linear(names.expansion, mlpWidth, width)
      linear(names.contraction, width, mlpWidth)
    }
    norm("final_norm")
    shapes.append(("output.bias", [vocabularySize]))
    return shapes
  }

  /// The number of parameters.
  public var parameterCount: Int { parameterShapes.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}

/// The names of a layer's parameters; the products of layers that share a block have the name of the first.
struct CaptionLayerNames {
  private let own: String
  private let block: String

  init(layer: Int, sharing: Int) {
    own = "layers.\(layer)"
    block = "layers.\(layer / sharing * sharing)"
  }

  var selfNorm: String { "\(own).self_attn_norm" }
  var crossNorm: String { "\(own).cross_attn_norm" }
  var mlpNorm: String { "\(own).mlp_norm" }
  /// Queries, keys, values.
  var selfInputs: [String] { ["q_proj", "k_proj", "v_proj"].map { "\(block).self_attn.\($0)" } }
  var selfOutput: String { "\(block).self_attn.out_proj" }
  /// Queries, keys, values; the last two of the image.
  var crossInputs: [String] { ["q_proj", "k_proj", "v_proj"].map { "\(block).cross_attn.\($0)" } }
  var crossOutput: String { "\(block).cross_attn.out_proj" }
  var expansion: String { "\(block).mlp.fc1" }
  var contraction: String { "\(block).mlp.fc2" }
}

extension CaptionerConfiguration {
  /// Reads `config.json`. Throws `CheckpointError`, `FileReadError`.
  init(contentsOf url: URL) throws {
    let file = try ConfigurationReader(url)
    guard try file.string("model_type") == Self.modelType else {
      throw CaptioningError.notACaptioner(path: url.deletingLastPathComponent().path)
    }
    let sides = 1...65_536
    func required(_ key: String, _ bounds: ClosedRange<Int>) throws -> Int {
      guard file.has(key) else { throw file.bad(key, "a whole number", nil) }
      return try file.integer(key, in: bounds, default: 0)
    }
    self.init(
      featureSize: try required("feature_size", sides), width: try required("hidden_size", 8...8192),
      layers: try required("num_hidden_layers", 1...64),
      sharing: try file.integer("sharing", in: 1...64, default: 1),
      heads: try required("num_attention_heads", 1...256), mlpWidth: try required("intermediate_size", sides),
      vocabularySize: try required("vocab_size", 4...1_000_000),
      maxLength: try required("max_length", 1...512), encoder: try file.string("encoder") ?? "",
      encoderFingerprint: try file.string("encoder_fingerprint") ?? "")
    reward = try file.string("reward")
    lengthPenalty = try file.number("length_penalty", in: GenerationOptions.lengthPenalties)
    guard width % heads == 0 else {
      throw file.bad("num_attention_heads", "a divisor of hidden_size, \(width)", .integer(heads))
    }
    guard layers % sharing == 0 else {
      throw file.bad("sharing", "a divisor of num_hidden_layers, \(layers)", .integer(sharing))
    }
  }

  /// The text of a `config.json`.
  var document: JSONValue {
    var members: [JSONValue.Member] = [
      .init("model_type", .string(Self.modelType)), .init("feature_size", .integer(featureSize)),
      .init("hidden_size", .integer(width)), .init("num_hidden_layers", .integer(layers)),
      .init("sharing", .integer(sharing)), .init("num_attention_heads", .integer(heads)),
      .init("intermediate_size", .integer(mlpWidth)), .init("vocab_size", .integer(vocabularySize)),
      .init("max_length", .integer(maxLength)), .init("encoder", .string(encoder)),
      .init("encoder_fingerprint", .string(encoderFingerprint)),
    ]
    if let lengthPenalty { members.append(.init("length_penalty", .number(lengthPenalty))) }
    if let reward { members.append(.init("reward", .string(reward))) }
    return .object(members)
  }
}
