import JSON

/// What `config.json` of a lightweight CLIP says beside the keys of a plain one.
///
/// | key | of | absent |
/// |---|---|---|
/// | `sharing` | both towers | 1: no layer shares its products with the next |
/// | `head_mixing` | both towers | false: heads do not see each other's attention |
/// | `qkv_bias` | both towers | true: queries, keys and values have a bias |
/// | `attention` | text | `causal`; or `full`: a token sees every token of its text |
/// | `embedding_rank` | text | null: the token table is as wide as the tower |
enum LightweightKeys {
  /// The `model_type`. Another than a plain CLIP's, so that nobody computes something else from the same file.
  static let modelType = "plumb_lclip"

  static func read(_ section: ConfigurationReader, into shape: inout TransformerConfiguration) throws {
    shape.sharing = try section.integer("sharing", in: CLIPConfiguration.Bounds.layers, default: 1)
    shape.mixesHeads = try section.bool("head_mixing", default: false)
    shape.hasQueryKeyValueBias = try section.bool("qkv_bias", default: true)
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
    section["head_mixing"] = .bool(shape.mixesHeads)
    section["qkv_bias"] = .bool(shape.hasQueryKeyValueBias)
  }

  static func write(_ text: TextConfiguration, into section: inout [String: JSONValue]) {
    write(text.transformer, into: &section)
    section["attention"] = .string(text.attention.rawValue)
    section["embedding_rank"] = text.embeddingRank.map(JSONValue.integer) ?? .null
  }
}
