/// What the names of a checkpoint's tensors tell about it.
enum ModelKind: Equatable {
  /// Hugging Face's names.
  case huggingFace
  /// open_clip's and OpenAI's names.
  case openCLIP
  /// A model that is not read here, and what it is.
  case unsupported(String)
  /// None of these names has anything to do with CLIP.
  case unknown

  /// Signs of other models, by a part of a tensor's name.
  private static let signs: [(prefix: String, what: String)] = [
    ("visual.layer1.", "a ResNet image tower"),
    ("visual.attnpool.", "a ResNet image tower"),
    ("visual.attn_pool", "a CoCa model or another with attention pooling"),
    ("visual.blocks.", "an EVA image tower"),
    ("text_decoder.", "a CoCa model"),
    ("text.cls_emb", "a CoCa model"),
    ("cls_emb", "a CoCa model"),
    ("text.transformer.embeddings.", "a text tower of Hugging Face inside open_clip"),
    ("text.transformer.encoder.", "a text tower of Hugging Face inside open_clip"),
    ("text.transformer.shared.", "a text tower of Hugging Face inside open_clip"),
    ("vision_model.head.", "SigLIP"),
    ("feature_projection.weight", "a captioner, which plumb caption generate takes,"),
    ("vision_model.encoder.layers.0.self_attn.qkv", "an image tower of BLIP"),
  ]

  init(_ names: some Collection<String>) {
    let isTrunk = names.contains("visual.trunk.conv_stem.weight")
    if let sign = Self.signs.first(where: { sign in names.contains { $0.hasPrefix(sign.prefix) } }) {
      self = .unsupported(sign.what)
    } else if !isTrunk, names.contains(where: { $0.hasPrefix("visual.trunk.") }) {
      self = .unsupported("an image tower of timm that is no EfficientNet-Lite")
    } else if !names.contains("text_model.embeddings.token_embedding.weight"),
      names.contains(where: { $0.hasPrefix(TrunkNames.prefix) })
    {
      self = .unsupported("a convolutional trunk alone, which training can start from,")
    } else if names.contains("vision_model.embeddings.patch_embedding.weight")
      || names.contains("text_model.embeddings.token_embedding.weight")
    {
      self = .huggingFace
    } else if isTrunk || names.contains("visual.conv1.weight") || names.contains("token_embedding.weight")
      || names.contains("text.token_embedding.weight")
    {
      self = .openCLIP
    } else {
      self = .unknown
    }
  }
}
