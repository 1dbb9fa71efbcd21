public import Foundation
public import Training

extension FineTuningRecipe {
  /// Reads a recipe.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise: `train.epochs=2`, `alpha=0.5`.
  /// - Throws: `RecipeError`, with the file, the line and the nearest right key.
  public init(contentsOf url: URL, settings: [String] = []) throws {
    try self.init(Recipe(contentsOf: url, settings: settings))
  }

  /// Takes a recipe that has been read. Throws `RecipeError`.
  public init(_ recipe: Recipe) throws {
    let keys = try recipe.root.keys()
    header = try RunHeader(keys)
    let path = try keys.node("model").url().path
    model = FileManager.default.fileExists(atPath: path) ? path : try keys.string("model")
    losses = try keys.keys("losses").map(Self.losses) ?? Losses()
    guard losses.imageParaphrase + losses.captionPlain + losses.plainParaphrase > 0 else {
      throw try keys.node("losses").refused("at least one loss with a weight above 0")
    }
    paraphrases = try Self.paraphrases(keys.node("data"))
    if losses.imageParaphrase > 0, paraphrases.images == nil {
      throw try keys.node("data").refused(
        "`images`, the folder of the images, for the loss image_paraphrase")
    }
    brokenShare = try keys.number("broken_share", in: 0...1, default: 0.01)
    validation = try Self.validation(keys.node("validation"))
    update = try keys.optional("update").map(Self.update) ?? .whole
    scale = try keys.optional("temperature").map(Self.scale) ?? .model
    let train = try keys.node("train").keys()
    self.settings = try TrainingSettings(train)
    try train.end()
    alpha = try keys.optional("alpha")?.number(in: 0...1)
    guarded = try keys.number("guard", in: 0...1, default: 0.005)
    try keys.end()
  }

  private static func paraphrases(_ node: RecipeNode) throws -> Paraphrases {
    let keys = try node.keys()
    let paraphrases = Paraphrases(
      file: try keys.url("paraphrases"), images: try keys.optional("images")?.url(),
      split: try keys.optional("split")?.url(), textsAlone: try keys.optional("texts_alone")?.url(),
      anchors: try keys.optional("anchors")?.url())
    try keys.end()
    return paraphrases
  }

  private static func validation(_ node: RecipeNode) throws -> Validation {
    let keys = try node.keys()
    let validation = Validation(
      captions: try keys.url("captions"), images: try keys.url("images"),
      split: try keys.optional("split")?.url(), paraphrases: try keys.optional("paraphrases")?.url())
    try keys.end()
    return validation
  }

  private static func update(_ node: RecipeNode) throws -> Update {
    let keys = try node.keys()
    let layers = try keys.optional("last_layers")?.int(in: 1...1_000)
    let rank = try keys.optional("rank")?.int(in: 1...4_096)
    let alpha = try keys.optional("rank_alpha")?.number(in: 0...1e6)
    try keys.end()
    switch (layers, rank) {
    case (let layers?, nil): return .lastLayers(layers)
    case (nil, let rank?): return .lora(LoRAConfiguration(rank: rank, alpha: alpha ?? 2 * Double(rank)))
    default:
      throw node.refused("either `last_layers`, how many layers move, or `rank`, that of their changes")
    }
  }

  private static func scale(_ node: RecipeNode) throws -> Scale {
    switch try? node.string() {
    case "model": return .model
    case "learnt", "learned": return .learnt
    default: return .temperature(try node.number(in: 1e-4...100))
    }
  }

  private static func losses(_ keys: RecipeKeys) throws -> Losses {
    var losses = Losses()
    losses.imageParaphrase = try keys.number("image_paraphrase", in: 0...1e6, default: 1)
    losses.captionPlain = try keys.number("caption_plain", in: 0...1e6, default: 1)
    losses.plainParaphrase = try keys.number("plain_paraphrase", in: 0...1e6, default: 1)
    losses.anchor = try keys.number("anchor", in: 0...1e6, default: 1)
    try keys.end()
    return losses
  }
}
