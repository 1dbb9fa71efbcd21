package import Foundation
import JSON

/// `config.json` of a Hugging Face `CLIPModel`, with the defaults of transformers' `CLIPConfig` for absent keys, or of a
/// lightweight CLIP, which has a few keys more (``LightweightKeys``).
package struct HuggingFaceConfiguration {
  /// The architecture.
  package let configuration: CLIPConfiguration
  /// The temperature that a file without `logit_scale` starts from.
  package let initialLogitScale: Float
  /// What a user should know.
  package let warnings: [String]

  /// Reads a file; throws ``CheckpointError``.
  package init(_ url: URL) throws { try self.init(ConfigurationReader(url)) }

  private init(_ root: ConfigurationReader) throws {
    let type = try root.string("model_type") ?? "clip"
    guard type == "clip" || type == LightweightKeys.modelType else {
      throw root.unsupported("a model of the type \"\(type.prefix(60))\"")
    }
    let text = try Self.section("text_config", of: root)
    let vision = try Self.section("vision_config", of: root)
    var configuration = CLIPConfiguration(
      vision: try Self.vision(vision), text: try Self.text(text),
      // Only the top level counts: a nested projection_dim is often a stale default, and transformers ignores it.
      embeddingWidth: try root.integer("projection_dim", in: CLIPConfiguration.Bounds.width, default: 512))
    if type == LightweightKeys.modelType {
      try LightweightKeys.read(vision, into: &configuration.vision)
      try LightweightKeys.read(text, into: &configuration.text)
    }
    configuration.scoreCalibration = try ScoreCalibration(root)
    try configuration.validate(file: root.file)
    self.configuration = configuration
    initialLogitScale = Float(try root.positive("logit_scale_init_value", default: 2.6592))
    var warnings: [String] = []
    if case .firstID(let id) = configuration.text.endOfText, id >= configuration.text.vocabularySize {
      warnings.append(
        "the end-of-text id \(id) is outside the vocabulary of \(configuration.text.vocabularySize)")
    }
    self.warnings = warnings
  }

  /// `<name>_dict`, where there is one, replaces every key of `<name>`, its own defaults included: that is what
  /// `CLIPConfig.__post_init__` does for files written before 2023.
  private static func section(_ name: String, of root: ConfigurationReader) throws -> ConfigurationReader {
    try root.object("\(name)_dict") ?? root.object(name)
      ?? ConfigurationReader(members: [:], file: root.file, path: "\(name).")
  }

  private static func vision(_ section: ConfigurationReader) throws -> VisionConfiguration {
    let channels = try section.integer("num_channels", in: 1...1_024, default: 3)
    guard channels == 3 else { throw section.unsupported("an image of \(channels) channels") }
    return VisionConfiguration(
      transformer: try transformer(section, width: 768, heads: 12, mlpWidth: 3_072),
      imageSize: try section.side("image_size", default: 224),
      patchSize: try section.side("patch_size", default: 32))
  }

  private static func text(_ section: ConfigurationReader) throws -> TextConfiguration {
    TextConfiguration(
      transformer: try transformer(section, width: 512, heads: 8, mlpWidth: 2_048),
      vocabularySize: try section.integer(
        "vocab_size", in: CLIPConfiguration.Bounds.vocabulary, default: 49_408),
      contextLength: try section.integer(
        "max_position_embeddings", in: CLIPConfiguration.Bounds.context, default: 77),
      endOfText: try endOfText(section))
  }

  /// Files from before July 2023 say 2, which is no id of the tokenizer: transformers then takes the highest id.
  private static func endOfText(_ section: ConfigurationReader) throws -> EndOfText {
    var id = section.members["eos_token_id"] ?? .integer(49_407)
    if case .array(let ids) = id, ids.count == 1 { id = ids[0] }
    guard let whole = id.integer, (0..<CLIPConfiguration.Bounds.vocabulary.upperBound).contains(whole) else {
      throw section.bad("eos_token_id", "one token id", id)
    }
    return whole == 2 ? .highestID : .firstID(whole)
  }

  private static func transformer(
    _ section: ConfigurationReader, width: Int, heads: Int, mlpWidth: Int
  ) throws -> TransformerConfiguration {
    let bounds = CLIPConfiguration.Bounds.self
    return TransformerConfiguration(
      width: try section.integer("hidden_size", in: bounds.width, default: width),
      // A convolutional trunk can stand alone; whether it does is looked at with the rest.
      layers: try section.integer(
        "num_hidden_layers", in: (section.has(LightweightKeys.trunk) ? 0 : 1)...bounds.layers.upperBound,
        default: 12),
      heads: try section.integer("num_attention_heads", in: bounds.width, default: heads),
      mlpWidth: try section.integer(
        "intermediate_size", in: 1...(16 * bounds.width.upperBound), default: mlpWidth),
      activation: try activation(section),
      layerNormEpsilon: Float(try section.positive("layer_norm_eps", default: 1e-5)))
  }

  private static func activation(_ section: ConfigurationReader) throws -> Activation {
    switch try section.string("hidden_act") ?? "quick_gelu" {
    case "quick_gelu": return .quickGELU
    case "gelu", "gelu_python": return .gelu
    case let other: throw section.unsupported("the activation \"\(other.prefix(60))\" (hidden_act)")
    }
  }
}
