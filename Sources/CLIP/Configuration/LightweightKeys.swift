import JSON

/// What `config.json` of a lightweight CLIP says beside the keys of a plain one.
///
/// | key | of | absent |
/// |---|---|---|
/// | `sharing` | both towers | 1: no layer shares its products with the next |
/// | `head_mixing` | both towers | false: heads do not see each other's attention |
/// | `qkv_bias` | both towers | true: queries, keys and values have a bias |
/// | `stem_channels` | image | none: patches are cut from the image; or the channels of each stage of the stem |
/// | `stem_blocks` | image | zeros: no stage of the stem has residual blocks |
/// | `trunk` | image | none; or `efficientnet_lite0` … `efficientnet_lite4`, in place of a stem |
/// | `trunk_stages` | image | 7: all stages of the trunk are there |
/// | `trunk_head` | image | whether all stages are there: a convolution to 1280 channels ends the trunk |
/// | `trunk_projection` | image | `linear`; or `mlp`: what follows the average of a trunk's map |
/// | `trunk_projection_bias` | image | false: the last layer of that projection has no bias |
/// | `attention` | text | `causal`; or `full`: a token sees every token of its text |
/// | `embedding_rank` | text | null: the token embedding is as wide as the tower |
///
/// A trunk stands alone where `num_hidden_layers` of the image tower is 0; `hidden_size`, `num_attention_heads`,
/// `intermediate_size` and `patch_size` are then of no meaning.
enum LightweightKeys {
  /// The `model_type`. Another than a plain CLIP's, so that nobody computes something else from the same file.
  static let modelType = "plumb_lclip"
  /// The key that names a convolutional trunk.
  static let trunk = "trunk"

  static func read(_ section: ConfigurationReader, into shape: inout TransformerConfiguration) throws {
    shape.sharing = try section.integer("sharing", in: CLIPConfiguration.Bounds.layers, default: 1)
    shape.talkingHeads = try section.bool("head_mixing", default: false)
    shape.hasQueryKeyValueBias = try section.bool("qkv_bias", default: true)
  }

  static func read(_ section: ConfigurationReader, into vision: inout VisionConfiguration) throws {
    try read(section, into: &vision.transformer)
    let bounds = CLIPConfiguration.Bounds.self
    let channels = try section.integers("stem_channels", in: bounds.stemChannels, most: bounds.stemStages)
    let blocks = try section.integers("stem_blocks", in: bounds.stemBlocks, most: bounds.stemStages)
    guard blocks == nil || blocks?.count == channels?.count else {
      throw section.bad(
        "stem_blocks", "a list as long as stem_channels, \(channels?.count ?? 0)",
        section.members["stem_blocks"])
    }
    vision.stem = (channels ?? []).enumerated().map {
      StemStage(channels: $0.element, blocks: blocks?[$0.offset] ?? 0)
    }
    guard let trunk = try readTrunk(section) else { return }
    vision.trunk = trunk
    if vision.pooledTrunk != nil {
      vision = VisionConfiguration(
        trunk: trunk, imageSize: vision.imageSize, activation: vision.transformer.activation)
    }
  }

  /// The trunk that a section describes, where it describes one.
  static func readTrunk(_ section: ConfigurationReader) throws -> ConvolutionalTrunk? {
    guard let name = try section.string(trunk) else { return nil }
    guard let architecture = ConvolutionalTrunk.Architecture(rawValue: name) else {
      let known = ConvolutionalTrunk.Architecture.allCases.map(\.rawValue)
      throw section.bad(trunk, known.joined(separator: ", "), .string(name))
    }
    let all = ConvolutionalTrunk.stageCount
    var result = ConvolutionalTrunk(
      architecture, stages: try section.integer("trunk_stages", in: 1...all, default: all))
    result.hasHead = try section.bool("trunk_head", default: result.hasHead)
    result.hasProjectionBias = try section.bool("trunk_projection_bias", default: false)
    if let name = try section.string("trunk_projection") {
      guard let projection = ConvolutionalTrunk.Projection(rawValue: name) else {
        throw section.bad("trunk_projection", "linear or mlp", .string(name))
      }
      result.projection = projection
    }
    return result
  }

  static func write(_ trunk: ConvolutionalTrunk, into section: inout [String: JSONValue]) {
    section[Self.trunk] = .string(trunk.architecture.rawValue)
    section["trunk_stages"] = .integer(trunk.stages)
    section["trunk_head"] = .bool(trunk.hasHead)
  }

  static func read(_ section: ConfigurationReader, into text: inout TextConfiguration) throws {
    try read(section, into: &text.transformer)
    if let name = try section.string("attention") {
      guard let attention = TextAttention(rawValue: name) else {
        throw section.bad("attention", "causal or full", .string(name))
      }
      text.attention = attention
    }
    if section.has("embedding_rank") {
      text.embeddingRank = try section.integer(
        "embedding_rank", in: 1...text.transformer.width, default: text.transformer.width)
    }
  }

  static func write(_ shape: TransformerConfiguration, into section: inout [String: JSONValue]) {
    section["model_type"] = nil
    section["sharing"] = .integer(shape.sharing)
    section["head_mixing"] = .bool(shape.talkingHeads)
    section["qkv_bias"] = .bool(shape.hasQueryKeyValueBias)
  }

  static func write(_ vision: VisionConfiguration, into section: inout [String: JSONValue]) {
    write(vision.transformer, into: &section)
    if let trunk = vision.trunk { write(trunk, into: &section) }
    if let trunk = vision.pooledTrunk {
      section["trunk_projection"] = .string(trunk.projection.rawValue)
      section["trunk_projection_bias"] = .bool(trunk.hasProjectionBias)
    }
    guard !vision.stem.isEmpty else { return }
    section["stem_channels"] = .array(vision.stem.map { .integer($0.channels) })
    section["stem_blocks"] = .array(vision.stem.map { .integer($0.blocks) })
  }

  static func write(_ text: TextConfiguration, into section: inout [String: JSONValue]) {
    write(text.transformer, into: &section)
    section["attention"] = .string(text.attention.rawValue)
    section["embedding_rank"] = text.embeddingRank.map(JSONValue.integer) ?? .null
  }
}
