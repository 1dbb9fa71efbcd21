public import JSON

/// What made a set of embeddings.
public struct ModelProvenance: Sendable, Equatable, Codable {
  /// The model as the user named it.
  public var name: String
  /// A short mark of the architecture and the weights that tells models apart.
  public var fingerprint: String?
  /// The layout of the checkpoint: `Hugging Face`, `open_clip`, `OpenAI` …
  public var layout: String?
  /// The precision of the arithmetic: `f32`, `bf16`, `int8`.
  public var precision: String?
  /// How images are prepared, in a few words: `bicubic 224, centre crop`.
  public var preprocessing: String?
  /// How texts become tokens, in a few words.
  public var tokenizer: String?
  /// The most tokens that a text can have, 77 in every published CLIP.
  public var contextLength: Int?
  /// The processor's instructions that the arithmetic uses: `AVX2`, `AVX-512 BF16` …
  public var instructionSet: String?

  /// Creates a description; only the name is needed.
  public init(
    name: String, fingerprint: String? = nil, layout: String? = nil, precision: String? = nil,
    preprocessing: String? = nil, tokenizer: String? = nil, contextLength: Int? = nil,
    instructionSet: String? = nil
  ) {
    self.name = name
    self.fingerprint = fingerprint
    self.layout = layout
    self.precision = precision
    self.preprocessing = preprocessing
    self.tokenizer = tokenizer
    self.contextLength = contextLength
    self.instructionSet = instructionSet
  }
}

extension ModelProvenance {
  /// The description as JSON; what is not known is not there.
  public var json: JSONValue {
    let texts = [
      ("name", name), ("fingerprint", fingerprint), ("layout", layout), ("precision", precision),
      ("preprocessing", preprocessing), ("tokenizer", tokenizer), ("instruction_set", instructionSet),
    ]
    var members = texts.compactMap { key, text in text.map { JSONValue.Member(key, .string($0)) } }
    if let contextLength { members.append(.init("context_length", .integer(contextLength))) }
    return .object(members)
  }
}
