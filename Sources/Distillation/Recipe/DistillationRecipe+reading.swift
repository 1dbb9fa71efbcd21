import CLIP
public import Foundation
public import Training

extension DistillationRecipe {
  /// Reads a recipe.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise: `output=runs/b`, `stages[0].epochs=2`.
  /// - Throws: `RecipeError`, with the file, the line and the nearest right key.
  public init(contentsOf url: URL, settings: [String] = []) throws {
    try self.init(Recipe(contentsOf: url, settings: settings))
  }

  /// Takes a recipe that has been read. Throws `RecipeError`.
  public init(_ recipe: Recipe) throws {
    let keys = try recipe.root.keys()
    header = try RunHeader(keys)
    (start, trunk) = try Self.start(keys.node("model"))
    teacher = try keys.optional("teacher").map(Self.teacher) ?? Teacher()
    sources = try Self.sources(keys.node("data"))
    let cache = try keys.keys("image_cache")
    imageCache = try (cache?.int("megabytes", in: 0...1_000_000, default: 2_000) ?? 2_000) << 20
    cacheEdge = try cache?.int("edge", in: 16...4096, default: 256) ?? 256
    try cache?.end()
    maxSkippedFraction = try keys.number("max_skipped_fraction", in: 0...1, default: 0.01)
    validation = try keys.optional("validation").map(Self.validation)
    let stageNodes = try keys.node("stages").list()
    guard !stageNodes.isEmpty else { throw try keys.node("stages").refused("at least one stage") }
    let names = sources.map(\.name)
    stages = try stageNodes.map { try Self.stage($0, known: names) }
    try keys.end()
  }

  private static func start(_ node: RecipeNode) throws -> (Start, trunk: URL?) {
    let keys = try node.keys()
    let checkpoint = try keys.optional("pretrained").map(model)
    let architecture = try keys.optional("architecture")?.url()
    let trunk = try keys.optional("trunk")?.url()
    try keys.end()
    switch (checkpoint, architecture) {
    case (let name?, nil): return (.checkpoint(name), trunk)
    case (nil, let url?): return (.architecture(url), trunk)
    case (let name?, let url?): return (.grown(name, url), trunk)
    case (nil, nil):
      throw node.refused("`pretrained`, a checkpoint, or `architecture`, a folder with config.json, or both")
    }
  }

  /// A path from the recipe's folder, or else a name that is looked for as `--model`'s is.
  private static func model(_ node: RecipeNode) throws -> String {
    let path = try node.url().path
    return FileManager.default.fileExists(atPath: path) ? path : try node.string()
  }

  private static func teacher(_ node: RecipeNode) throws -> Teacher {
    let keys = try node.keys()
    let teacher = Teacher(
      models: try keys.optional("model")?.listOrOne().map(model) ?? [],
      texts: try keys.optional("texts")?.url(),
      textEmbeddings: try keys.optional("text_embeddings")?.url(),
      imageEmbeddings: try keys.choice("image_embeddings", default: .model))
    try keys.end()
    guard (teacher.texts == nil) == (teacher.textEmbeddings == nil) else {
      throw node.refused("`texts` and `text_embeddings` together")
    }
    return teacher
  }

  private static func sources(_ node: RecipeNode) throws -> [Source] {
    let keys = try node.keys()
    return try keys.names.compactMap { name in
      try keys.optional(name).map { Source(name: name, layout: try layout($0)) }
    }
  }

  private static func layout(_ node: RecipeNode) throws -> Source.Layout {
    let keys = try node.keys()
    let layout: Source.Layout
    if let captions = try keys.optional("captions")?.url() {
      layout = .captions(
        captions, images: try keys.url("images"), split: try keys.optional("split")?.url(),
        excluding: try keys.optional("excluding")?.url())
    } else if let table = try keys.optional("table")?.url() {
      layout = .table(table, images: try keys.url("images"))
    } else if let folders = try keys.optional("folders")?.url() {
      layout = .folders(folders, names: try keys.optional("names")?.url())
    } else if keys.has("shards") {
      layout = .shards(try keys.urls("shards").map(\.path))
    } else if keys.has("texts") {
      layout = .texts(try keys.urls("texts"), column: try keys.optional("column")?.string())
    } else {
      throw node.refused("one of the keys captions, table, folders, shards, texts")
    }
    try keys.end()
    return layout
  }

  private static func validation(_ node: RecipeNode) throws -> Validation {
    let keys = try node.keys()
    let validation = Validation(
      captions: try keys.url("captions"), images: try keys.url("images"),
      split: try keys.optional("split")?.url(), judgements: try keys.optional("judgements")?.url())
    try keys.end()
    return validation
  }

  private static func stage(_ node: RecipeNode, known: [String]) throws -> Stage {
    let keys = try node.keys()
    let data = try keys.strings("data")
    for (index, name) in data.enumerated() where !known.contains(name) {
      let nodes = try keys.node("data").listOrOne()
      throw nodes[index].refused("a name under `data` (\(known.joined(separator: ", ")))")
    }
    let stage = Stage(
      name: try keys.string("name"), trains: try keys.choice("train"), data: data.isEmpty ? known : data,
      captions: try keys.choice("captions", default: .random),
      imageSize: try keys.optional("image_size")?.int(in: 1...4096),
      settings: try TrainingSettings(keys),
      dropPath: try keys.number("drop_path", in: 0...0.95, default: 0),
      wiseFTAlpha: try keys.number("wise_ft_alpha", in: 0...1, default: 1),
      frozen: try keys.strings("freeze"),
      freezesBatchNormStatistics: try keys.bool("freeze_bn_stats", default: false),
      learningRateFactors: try factors(keys.optional("learning_rate_factors")),
      losses: try losses(keys.node("losses")),
      augmentation: try keys.optional("augment").map(Augmentation.init) ?? Augmentation())
    try keys.end()
    return stage
  }

  private static func factors(_ node: RecipeNode?) throws -> [String: Double] {
    guard let keys = try node?.keys() else { return [:] }
    var factors: [String: Double] = [:]
    for prefix in keys.names { factors[prefix] = try keys.number(prefix, in: 0...1_000, default: 1) }
    try keys.end()
    return factors
  }

  private static func losses(_ node: RecipeNode) throws -> Losses {
    let keys = try node.keys()
    let weights = 0.0...1e9
    var losses = Losses()
    if let image = try keys.keys("image") {
      losses.imageL1 = try image.number("l1", in: weights, default: 0)
      losses.imageCosine = try image.number("cosine", in: weights, default: 0)
      try image.end()
    }
    if let text = try keys.keys("text") {
      losses.textL1 = try text.number("l1", in: weights, default: 0)
      losses.textCosine = try text.number("cosine", in: weights, default: 0)
      try text.end()
    }
    losses.similarityRegulator = try keys.number("similarity_regulator", in: weights, default: 0)
    losses.softLabels = try keys.number("soft_labels", in: weights, default: 0)
    if let contrastive = try keys.keys("contrastive") {
      losses.contrastive = try contrastive.number("weight", in: weights, default: 1)
      losses.softTargets = try contrastive.number("soft_targets", in: 0...1, default: 0)
      losses.softTargetTemperature = try contrastive.number("temperature", in: 1e-4...100, default: 0.07)
      try contrastive.end()
    }
    if let relation = try keys.keys("relation") {
      losses.attentionRelation = try relation.number("attention", in: weights, default: 0)
      losses.hiddenRelation = try relation.number("hidden", in: weights, default: 0)
      try relation.end()
    }
    try keys.end()
    guard losses != Losses() else { throw node.refused("at least one loss with a weight above 0") }
    return losses
  }
}
