import CLIP
import Files
import Foundation
import JSON

/// The output of `plumb model show`, as a table and as JSON.
struct ModelDescription {
  let name: String
  let checkpoint: Checkpoint
  let hashes: [(file: String, sha256: String)]
  let tokenizer: String
  let preprocessing: String
  let warnings: [String]

  init(_ checkpoint: Checkpoint, name: String, at url: URL) throws {
    self.name = name
    self.checkpoint = checkpoint
    hashes = try checkpoint.sha256().sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    var warnings = checkpoint.warnings
    let folder = checkpoint.source?.folder ?? url
    do {
      let loaded = try CLIPTokenizer.load(from: folder)
      tokenizer = "\(loaded.vocabularySize) tokens, \(loaded.cleaning.summary)"
      let places = checkpoint.configuration.text.vocabularySize
      if loaded.vocabularySize > places {
        warnings.append(
          "the tokenizer has \(loaded.vocabularySize) tokens, the model only \(places) embeddings")
      }
    } catch {
      tokenizer = "none"
      warnings.append(sentence(for: error))
    }
    let images = try ImagePreprocessing.of(checkpoint)
    preprocessing = images.preprocessing.summary
    warnings += images.warnings
    do { try images.preprocessing.check(imageSize: checkpoint.configuration.vision.imageSize) } catch {
      warnings.append(sentence(for: error))
    }
    self.warnings = warnings
  }

  var table: String {
    let configuration = checkpoint.configuration
    let text = configuration.text
    var rows = [
      (
        "image tower",
        imageTower
      ),
      (
        "text tower",
        "\(tower(text.transformer)), \(text.contextLength) tokens of \(text.vocabularySize), "
          + (text.attention == .full ? "full attention, " : "") + endOfText
      ),
      ("embedding", "dimension \(configuration.embeddingWidth)"),
      ("activation", activation),
      (
        "parameters",
        "\(grouped(checkpoint.parameterCount)), \(storage), \(bytes(Double(checkpoint.byteCount)))"
      ),
      ("logit scale", "\((Double(exp(checkpoint.logitScale)) * 100).rounded() / 100)"),
      ("tokenizer", tokenizer),
      ("images", preprocessing),
    ]
    if !configuration.isPlain { rows.insert(("of these", parts), at: 5) }
    if let source = checkpoint.source {
      rows.insert(("layout", "\(source.layout.rawValue), in \(source.folder.path)"), at: 0)
    }
    rows.append(("fingerprint", checkpoint.fingerprint()))
    rows += hashes.map { ("sha256", "\($0.sha256)  \($0.file)") }
    rows += warnings.map { ("warning", $0) }
    return
      ([name, ""]
      + rows.map { "  \($0.0.padding(toLength: 12, withPad: " ", startingAt: 0)) \($0.1)" })
      .joined(separator: "\n")
  }

  var json: JSONValue {
    let configuration = checkpoint.configuration
    let vision = configuration.vision
    let text = configuration.text
    return [
      "name": .string(name),
      "layout": checkpoint.source.map { .string($0.layout.rawValue) } ?? .null,
      "embedding_dimension": .integer(configuration.embeddingWidth),
      "image_tower": .object(
        members(vision.transformer) + [
          .init("image_size", .integer(vision.imageSize)), .init("patch_size", .integer(vision.patchSize)),
          .init("stem_channels", .array(vision.stem.map { .integer($0.channels) })),
          .init("stem_blocks", .array(vision.stem.map { .integer($0.blocks) })),
        ] + trunkMembers),
      "text_tower": .object(
        members(text.transformer) + [
          .init("vocabulary_size", .integer(text.vocabularySize)),
          .init("context_length", .integer(text.contextLength)), .init("end_of_text", .string(endOfText)),
          .init("attention", .string(text.attention.rawValue)),
          .init("embedding_rank", text.embeddingRank.map(JSONValue.integer) ?? .null),
        ]),
      "parameters": .integer(checkpoint.parameterCount),
      "parameters_by_part": [
        "image_tower": .integer(configuration.parameterCounts.imageTower),
        "text_tower": .integer(configuration.parameterCounts.textTower),
        "token_embedding": .integer(configuration.parameterCounts.tokenEmbedding),
      ],
      "bytes": .integer(checkpoint.byteCount),
      "storage": .object(
        checkpoint.storage.sorted { $0.key.rawValue < $1.key.rawValue }
          .map { .init($0.key.rawValue, .integer($0.value)) }),
      "logit_scale": .number(Double(checkpoint.logitScale)),
      "tokenizer": .string(tokenizer),
      "preprocessing": .string(preprocessing),
      "fingerprint": .string(checkpoint.fingerprint()),
      "sha256": .object(hashes.map { .init($0.file, .string($0.sha256)) }),
      "warnings": .array(warnings.map(JSONValue.string)),
    ]
  }

  private func tower(_ shape: TransformerConfiguration) -> String {
    var summary = "\(shape.layers) layers of width \(shape.width)"
    if shape.sharing > 1 { summary += " (\(shape.blocks) blocks, each used \(shape.sharing) times)" }
    summary += ", \(shape.heads) heads"
    if shape.talkingHeads { summary += " (talking heads)" }
    summary += ", MLP \(shape.mlpWidth)"
    if !shape.hasQueryKeyValueBias { summary += ", no q/k/v bias" }
    return summary
  }

  private var imageTower: String {
    let vision = checkpoint.configuration.vision
    guard let trunk = vision.trunk else {
      return "\(tower(vision.transformer)), \(vision.imageSize) px in patches of \(vision.patchSize)\(stem)"
    }
    var parts = trunk.architecture.rawValue
    if trunk.stages < ConvolutionalTrunk.stageCount { parts += ", \(trunk.stages) stages" }
    if trunk.hasHead != (trunk.stages == ConvolutionalTrunk.stageCount) {
      parts += trunk.hasHead ? " with the head" : " without the head"
    }
    let across = vision.patchesAcross
    parts += ", \(vision.imageSize) px to \(across) × \(across)"
    guard vision.pooledTrunk == nil else {
      return "\(parts) cells of \(trunk.channels) channels, averaged; projection \(trunk.projection.rawValue)"
    }
    return "\(tower(vision.transformer)), on \(parts) patches"
  }

  /// The convolutions before the patches.
  private var stem: String {
    let stages = checkpoint.configuration.vision.stem
    guard !stages.isEmpty else { return "" }
    let list = stages.map { stage in
      stage.blocks == 0 ? "\(stage.channels)" : "\(stage.channels) (\(stage.blocks) residual)"
    }
    return
      " after \(stages.count == 1 ? "a convolution" : "convolutions") to \(list.joined(separator: ", ")) channels"
  }

  /// Where the parameters are.
  private var parts: String {
    let counts = checkpoint.configuration.parameterCounts
    let table =
      checkpoint.configuration.text.embeddingRank.map { "token embedding of rank \($0)" } ?? "token embedding"
    return "image tower \(grouped(counts.imageTower)), text tower \(grouped(counts.textTower)) "
      + "(\(table) \(grouped(counts.tokenEmbedding)))"
  }

  private func members(_ shape: TransformerConfiguration) -> [JSONValue.Member] {
    [
      .init("layers", .integer(shape.layers)), .init("width", .integer(shape.width)),
      .init("heads", .integer(shape.heads)), .init("mlp_width", .integer(shape.mlpWidth)),
      .init("activation", .string(shape.activation.rawValue)), .init("blocks", .integer(shape.blocks)),
      .init("sharing", .integer(shape.sharing)), .init("head_mixing", .bool(shape.talkingHeads)),
      .init("qkv_bias", .bool(shape.hasQueryKeyValueBias)),
    ]
  }

  private var trunkMembers: [JSONValue.Member] {
    let vision = checkpoint.configuration.vision
    guard let trunk = vision.trunk else { return [.init("trunk", .null)] }
    return [
      .init("trunk", .string(trunk.architecture.rawValue)), .init("trunk_stages", .integer(trunk.stages)),
      .init("trunk_head", .bool(trunk.hasHead)),
      .init("trunk_projection", .string(trunk.projection.rawValue)),
    ]
  }

  private var activation: String {
    let vision = checkpoint.configuration.vision.transformer.activation.rawValue
    let text = checkpoint.configuration.text.transformer.activation.rawValue
    return vision == text ? vision : "\(vision) in the image tower, \(text) in the text tower"
  }

  private var endOfText: String {
    switch checkpoint.configuration.text.endOfText {
    case .highestID: "the end is the highest id"
    case .firstID(let id): "the end is the first \(id)"
    }
  }

  private var storage: String {
    checkpoint.storage.sorted { $0.value > $1.value }.map { $0.key.rawValue.lowercased() }
      .joined(separator: " and ")
  }
}

/// A whole number with commas between thousands: `151,277,313`.
func grouped(_ number: Int) -> String {
  var digits = String(number)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return ([digits] + groups).joined(separator: ",")
}
