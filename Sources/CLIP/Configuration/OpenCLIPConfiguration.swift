package import Foundation
import JSON

/// `open_clip_config.json`, or one of open_clip's own model files, with the defaults of its `CLIPVisionCfg` and
/// `CLIPTextCfg` for absent keys.
package struct OpenCLIPConfiguration {
  /// The architecture.
  package let configuration: CLIPConfiguration

  /// Reads a file; throws ``CheckpointError``.
  package init(_ url: URL) throws { try self.init(ConfigurationReader(url)) }

  private init(_ root: ConfigurationReader) throws {
    let model = try root.object("model_cfg") ?? root
    guard let vision = try model.object("vision_cfg") else {
      throw model.bad("vision_cfg", "an object", model.members["vision_cfg"])
    }
    guard let text = try model.object("text_cfg") else {
      throw model.bad("text_cfg", "an object", model.members["text_cfg"])
    }
    guard !model.has("multimodal_cfg") else { throw model.unsupported("a CoCa model") }
    guard model.members["embed_dim"] != nil else {
      throw model.bad("embed_dim", "the embedding's width", nil)
    }
    let activation: Activation = try model.bool("quick_gelu", default: false) ? .quickGELU : .gelu
    configuration = CLIPConfiguration(
      vision: try Self.vision(vision, activation), text: try Self.text(text, activation),
      embeddingWidth: try model.integer("embed_dim", in: CLIPConfiguration.Bounds.width, default: 512))
    try configuration.validate(file: root.file)
  }

  private static func vision(
    _ section: ConfigurationReader, _ activation: Activation
  ) throws -> VisionConfiguration {
    if let model = try section.string("timm_model_name") { return try trunk(model, section, activation) }
    if section.members["layers"]?.array != nil { throw section.unsupported("a ResNet image tower") }
    try refuse(section, besides: visionKeys, neutral: visionNeutral)
    let bounds = CLIPConfiguration.Bounds.self
    let width = try section.integer("width", in: bounds.width, default: 768)
    let headWidth = try section.integer("head_width", in: bounds.width, default: 64)
    return VisionConfiguration(
      transformer: TransformerConfiguration(
        width: width, layers: try section.integer("layers", in: bounds.layers, default: 12),
        heads: width / headWidth, mlpWidth: try mlpWidth(section, width), activation: activation,
        layerNormEpsilon: try epsilon(section)),
      imageSize: try section.side("image_size", default: 224),
      patchSize: try section.side("patch_size", default: 16))
  }

  /// A trunk of timm, as open_clip's `TimmModel` wraps it.
  private static func trunk(
    _ model: String, _ section: ConfigurationReader, _ activation: Activation
  ) throws -> VisionConfiguration {
    // A name may end in the tag of its published weights: `tf_efficientnet_lite0.in1k`.
    let name = model.prefix { $0 != "." }
    guard name.hasPrefix("tf_"),
      let architecture = ConvolutionalTrunk.Architecture(rawValue: String(name.dropFirst(3)))
    else {
      throw section.unsupported(
        "the image tower \(model.prefix(60)) of timm (of timm's, tf_efficientnet_lite0 to lite4 are read)")
    }
    try refuse(section, besides: trunkKeys, neutral: [:])
    let pool = try section.string("timm_pool") ?? "avg"
    guard pool == "avg" || pool.isEmpty else {
      throw section.unsupported("a trunk of timm that pools by \"\(pool.prefix(40))\" (timm_pool)")
    }
    var trunk = ConvolutionalTrunk(architecture)
    switch try section.string("timm_proj") ?? "linear" {
    // The classifier of the network itself, which always has a bias.
    case "": trunk.hasProjectionBias = true
    case "linear": trunk.hasProjectionBias = try section.bool("timm_proj_bias", default: false)
    case "mlp":
      trunk.projection = .mlp
      trunk.hasProjectionBias = try section.bool("timm_proj_bias", default: false)
    case let other:
      throw section.unsupported("a trunk of timm with the projection \"\(other.prefix(40))\" (timm_proj)")
    }
    return VisionConfiguration(
      trunk: trunk, imageSize: try section.side("image_size", default: 224), activation: activation)
  }

  private static func text(
    _ section: ConfigurationReader, _ activation: Activation
  ) throws -> TextConfiguration {
    for key in ["hf_model_name", "hf_tokenizer_name"] {
      if let name = try section.string(key) {
        throw section.unsupported("a text tower with the words of another model (\(name.prefix(60)))")
      }
    }
    try refuse(section, besides: textKeys, neutral: textNeutral)
    let bounds = CLIPConfiguration.Bounds.self
    let width = try section.integer("width", in: bounds.width, default: 512)
    return TextConfiguration(
      transformer: TransformerConfiguration(
        width: width, layers: try section.integer("layers", in: bounds.layers, default: 12),
        heads: try section.integer("heads", in: bounds.width, default: 8),
        mlpWidth: try mlpWidth(section, width), activation: activation,
        layerNormEpsilon: try epsilon(section)),
      vocabularySize: try section.integer("vocab_size", in: bounds.vocabulary, default: 49_408),
      contextLength: try section.integer("context_length", in: bounds.context, default: 77),
      endOfText: try endOfText(section))
  }

  private static func endOfText(_ section: ConfigurationReader) throws -> EndOfText {
    switch try section.string("pool_type") ?? "argmax" {
    case "argmax": return .highestID
    case "eos":
      return .firstID(
        try section.integer("eos_id", in: CLIPConfiguration.Bounds.vocabulary, default: 2))
    case let other: throw section.unsupported("a text tower that pools by \"\(other.prefix(40))\"")
    }
  }

  /// `int(width * mlp_ratio)`: g/14 has 4.3637, which gives 6144.
  private static func mlpWidth(_ section: ConfigurationReader, _ width: Int) throws -> Int {
    let value = Double(width) * (try section.positive("mlp_ratio", default: 4))
    guard value >= 1, value <= 16 * Double(CLIPConfiguration.Bounds.width.upperBound) else {
      throw section.bad("mlp_ratio", "from 1/\(width) to 16", section.members["mlp_ratio"])
    }
    return Int(value)
  }

  private static func epsilon(_ section: ConfigurationReader) throws -> Float {
    guard let norm = try section.object("norm_kwargs") else { return 1e-5 }
    return Float(try norm.positive("eps", default: 1e-5))
  }

  // MARK: Keys

  private static let visionKeys: Set<String> = [
    "layers", "width", "head_width", "mlp_ratio", "patch_size", "image_size", "norm_kwargs",
    // These change training only.
    "patch_dropout", "output_tokens", "timm_model_pretrained", "timm_pool", "timm_proj", "timm_proj_bias",
    "timm_drop", "timm_drop_path", "attn_pooler_queries", "attn_pooler_heads", "pos_embed_type",
  ]
  private static let trunkKeys = visionKeys.union(["timm_model_name"])
  private static let textKeys: Set<String> = [
    "context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "norm_kwargs", "pool_type",
    "eos_id",
    "pad_id", "output_tokens", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type", "tokenizer_mode",
    "tokenizer_kwargs",
  ]
  /// Keys that are harmless at the value that stands here, and change the architecture at any other.
  private static let visionNeutral: [String: JSONValue] = [
    "attentional_pool": .bool(false), "no_ln_pre": .bool(false), "final_ln_after_pool": .bool(false),
    "pool_type": .string("tok"), "block_type": .string("default"), "qk_norm": .bool(false),
    "scaled_cosine_attn": .bool(false), "scale_heads": .bool(false), "scale_attn_inner": .bool(false),
    "scale_attn": .bool(false), "scale_fc": .bool(false),
  ]
  private static let textNeutral: [String: JSONValue] = [
    "embed_cls": .bool(false), "no_causal_mask": .bool(false), "final_ln_after_pool": .bool(false),
    "proj_bias": .bool(false), "proj_type": .string("linear"), "block_type": .string("default"),
    "qk_norm": .bool(false), "scaled_cosine_attn": .bool(false), "scale_heads": .bool(false),
    "scale_attn_inner": .bool(false), "scale_attn": .bool(false), "scale_fc": .bool(false),
  ]

  /// Refuses keys that change the architecture in a way that is not computed here, `act_kwargs` among them.
  private static func refuse(
    _ section: ConfigurationReader, besides known: Set<String>, neutral: [String: JSONValue]
  ) throws {
    for (key, value) in section.members.sorted(by: { $0.key < $1.key }) {
      let isHarmless = known.contains(key) || value.isNull || neutral[key] == value || value == [:]
      guard isHarmless else {
        throw section.unsupported("the architecture \(section.path)\(key) = \(value.summary)")
      }
    }
  }
}
