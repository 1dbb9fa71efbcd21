public import Foundation
public import Training

extension FineTuningRecipe {
  /// Reads a recipe.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise: `train.epochs=2`, `wise_ft_alpha=0.5`.
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
    maxSkippedFraction = try keys.number("max_skipped_fraction", in: 0...1, default: 0.01)
    validation = try Self.validation(keys.node("validation"))
    trainable = try Self.trainable(keys)
    scale = try keys.optional("temperature").map(Self.scale) ?? .model
    let train = try keys.node("train").keys()
    self.settings = try TrainingSettings(train)
    try train.end()
    wiseFTAlpha = try keys.optional("wise_ft_alpha")?.number(in: 0...1)
    maxRecallDrop = try keys.number("max_recall_drop", in: 0...1, default: 0.005)
    try keys.end()
  }

  private static func paraphrases(_ node: RecipeNode) throws -> Paraphrases {
    let keys = try node.keys()
    let paraphrases = Paraphrases(
      file: try keys.url("paraphrases"), images: try keys.optional("images")?.url(),
      split: try keys.optional("split")?.url(), textOnly: try keys.optional("text_only")?.url(),
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

  private static func trainable(_ keys: RecipeKeys) throws -> Trainable {
    let layers = try keys.optional("unfrozen_layers")?.int(in: 1...1_000)
    guard let node = keys.optional("lora") else { return layers.map(Trainable.lastLayers) ?? .all }
    guard layers == nil else {
      throw node.refused("absent where there is `unfrozen_layers`: give one of the two")
    }
    let lora = try node.keys()
    let rank = try lora.int("rank", in: 1...4_096)
    let alpha = try lora.number("alpha", in: 0...1e6, default: 2 * Double(rank))
    try lora.end()
    return .lora(LoRAConfiguration(rank: rank, alpha: alpha))
  }

  private static func scale(_ node: RecipeNode) throws -> Scale {
    switch try? node.string() {
    case "model": return .model
    case "learned": return .learned
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
