import Files

/// What becomes of a tensor of open_clip's or OpenAI's layout.
enum OpenCLIPName: Equatable {
  /// The same tensor under a Hugging Face name.
  case same(String)
  /// Its transpose: these layouts keep projections as `[inputs, outputs]`.
  case transposed(String)
  /// Three tensors, the queries', keys' and values', one below the other.
  case fused([String])
  /// Long-CLIP's second position table, which becomes one with the first.
  case laterPositions
  /// A part of an architecture that is not read here.
  case unknown

  /// Reads a name.
  init(_ name: String) {
    if let tower = Self.drop("visual.", from: name) {
      self = Self.vision(tower)
    } else {
      // A "custom text" model keeps its text tower under `text.`; it is the same tower.
      self = Self.text(Self.drop("text.", from: name) ?? name[...])
    }
  }

  private static func drop(_ prefix: String, from name: some StringProtocol) -> Substring? {
    name.hasPrefix(prefix) ? Substring(name.dropFirst(prefix.count)) : nil
  }

  private static func vision(_ name: Substring) -> OpenCLIPName {
    switch name {
    case "class_embedding": .same("vision_model.embeddings.class_embedding")
    case "positional_embedding": .same("vision_model.embeddings.position_embedding.weight")
    case "conv1.weight": .same("vision_model.embeddings.patch_embedding.weight")
    case "ln_pre.weight", "ln_pre.bias": .same("vision_model.pre_layrnorm.\(name.dropFirst(7))")
    case "ln_post.weight", "ln_post.bias": .same("vision_model.post_layernorm.\(name.dropFirst(8))")
    case "proj": .transposed("visual_projection.weight")
    default: trunk(name) ?? block(name, tower: "vision_model")
    }
  }

  /// timm's names of a trunk stay; what projects its average is the trunk's own classifier, or open_clip's `head`.
  private static func trunk(_ name: Substring) -> OpenCLIPName? {
    for (prefix, canonical) in trunkPrefixes {
      if let rest = drop(prefix, from: name) { return .same("\(canonical)\(rest)") }
    }
    return nil
  }

  private static let trunkPrefixes = [
    ("trunk.classifier.", "\(ImageProjectionNames.linear)."), ("trunk.", TrunkNames.prefix),
    ("head.proj.", "\(ImageProjectionNames.linear)."),
    ("head.mlp.fc1.", "\(ImageProjectionNames.expansion)."),
    ("head.mlp.fc2.", "\(ImageProjectionNames.contraction)."),
  ]

  private static func text(_ name: Substring) -> OpenCLIPName {
    switch name {
    case "token_embedding.weight": .same("text_model.embeddings.token_embedding.weight")
    case "positional_embedding": .same("text_model.embeddings.position_embedding.weight")
    case "ln_final.weight", "ln_final.bias": .same("text_model.final_layer_norm.\(name.dropFirst(9))")
    case "text_projection": .transposed("text_projection.weight")
    case "text_projection.weight": .same("text_projection.weight")
    case "logit_scale": .same("logit_scale")
    case LongCLIPPositions.name[...]: .laterPositions
    default: block(name, tower: "text_model")
    }
  }

  private static func block(_ name: Substring, tower: String) -> OpenCLIPName {
    guard let rest = drop("transformer.resblocks.", from: name), let point = rest.firstIndex(of: "."),
      let layer = Int(rest[..<point]), layer >= 0, String(layer) == rest[..<point]
    else { return .unknown }
    let block = "\(tower).encoder.layers.\(layer)"
    let part = rest[rest.index(after: point)...]
    if let kind = drop("attn.in_proj_", from: part), kind == "weight" || kind == "bias" {
      return .fused(["q_proj", "k_proj", "v_proj"].map { "\(block).self_attn.\($0).\(kind)" })
    }
    guard let dot = part.lastIndex(of: "."), let module = modules[String(part[..<dot])],
      part[dot...] == ".weight" || part[dot...] == ".bias"
    else { return .unknown }
    return .same("\(block).\(module)\(part[dot...])")
  }

  private static let modules = [
    "ln_1": "layer_norm1", "ln_2": "layer_norm2", "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
  ]
}

extension NamedTensors {
  /// Translates open_clip's names; throws ``CheckpointError/unknownTensor(file:tensor:)`` for a part of a tower that
  /// is not known, since leaving it out would change the embeddings.
  init(openCLIP weights: WeightSet) throws {
    self.init()
    for name in weights.names.sorted() where !HarmlessTensors.contains(name) {
      switch OpenCLIPName(name) {
      case .unknown:
        let isInTower = ["visual.", "text.", "transformer."].contains { name.hasPrefix($0) }
        guard !isInTower else {
          throw CheckpointError.unknownTensor(file: weights.path(of: name), tensor: name)
        }
        try add(name, as: name, from: weights)
      case .same(let canonical): try add(name, as: canonical, from: weights)
      case .transposed(let canonical):
        try add(name, as: canonical, from: weights)
        tensors[canonical] = tensors[canonical]?.transposed()
      case .fused(let parts): try split(name, into: parts, from: weights)
      // Comes after the first table, in the order of the names.
      case .laterPositions: try join(name, from: weights)
      }
    }
  }

  private mutating func join(_ name: String, from weights: WeightSet) throws {
    let canonical = "text_model.embeddings.position_embedding.weight"
    var later = NamedTensors()
    try later.add(name, as: name, from: weights)
    if let error = later.unsupported[name] { unsupported[canonical] = error }
    guard let second = later.tensors[name] else { return }
    guard let first = tensors[canonical] else {
      tensors[name] = second
      return
    }
    tensors[canonical] = try LongCLIPPositions.table(first, second, file: weights.path(of: name))
    hasLaterPositions = true
  }

  private mutating func split(_ name: String, into parts: [String], from weights: WeightSet) throws {
    var whole = NamedTensors()
    try whole.add(name, as: name, from: weights)
    for (index, canonical) in parts.enumerated() {
      origin[canonical] = name
      unsupported[canonical] = whole.unsupported[name]
      guard let tensor = whole.tensors[name] else { continue }
      guard let part = tensor.part(index, of: parts.count) else {
        throw FileReadError.damaged(
          file: weights.path(of: name), key: name, expected: "\(parts.count) equal parts",
          found: "the shape \(tensor.shape)")
      }
      tensors[canonical] = part
    }
  }
}
