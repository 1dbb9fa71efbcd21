public import Foundation
public import Training

extension CaptionRecipe {
  /// Reads a recipe.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise: `train.epochs=2`.
  /// - Throws: `RecipeError`, with the file, the line and the nearest right key.
  public init(contentsOf url: URL, settings: [String] = []) throws {
    try self.init(Recipe(contentsOf: url, settings: settings))
  }

  /// Takes a recipe that has been read. Throws `RecipeError`.
  public init(_ recipe: Recipe) throws {
    let keys = try recipe.root.keys()
    header = try RunHeader(keys)
    encoder = try keys.node("encoder").modelName()
    sources = try CaptionSources(keys)
    decoder = try keys.keys("decoder").map(Decoder.init) ?? Decoder()
    minWordCount = try keys.int("min_word_count", in: 1...1_000_000, default: 5)
    maxLength = try keys.int("max_length", in: 2...512, default: 20)
    guard sources.generation.minLength < maxLength else {
      throw try keys.node("generation").refused("a min_length below max_length, \(maxLength)")
    }
    captionsPerImage = try keys.int("captions_per_image", in: 1...1000, default: 5)
    labelSmoothing = try keys.number("label_smoothing", in: 0...0.9, default: 0.1)
    let train = try keys.node("train").keys()
    self.settings = try TrainingSettings(train)
    try train.end()
    try keys.end()
  }
}

extension RecipeNode {
  /// The name of a model as `--model` takes it: a path where there is one, else the name itself.
  func modelName() throws -> String {
    let path = try url().path
    return FileManager.default.fileExists(atPath: path) ? path : try string()
  }
}

extension CaptionRecipe.Decoder {
  init(_ keys: RecipeKeys) throws {
    self.init()
    width = try keys.int("hidden_size", in: 8...8192, default: width)
    layers = try keys.int("num_hidden_layers", in: 1...64, default: layers)
    sharing = try keys.int("sharing", in: 1...64, default: sharing)
    heads = try keys.int("num_attention_heads", in: 1...256, default: heads)
    mlpWidth = try keys.int("intermediate_size", in: 8...65_536, default: 4 * width)
    dropout = try keys.number("dropout", in: 0...0.9, default: dropout)
    featureDropout = try keys.number("feature_dropout", in: 0...0.9, default: featureDropout)
    guard width % heads == 0 else {
      throw try keys.node("num_attention_heads").refused("a divisor of hidden_size, \(width)")
    }
    guard layers % sharing == 0 else {
      throw try keys.node("sharing").refused("a divisor of num_hidden_layers, \(layers)")
    }
    try keys.end()
  }
}

extension GenerationOptions {
  /// Reads the `generation` of a recipe. Throws `RecipeError`.
  init(_ keys: RecipeKeys) throws {
    self.init()
    strategy = .beam(try keys.int("num_beams", in: 1...100, default: 3))
    lengthPenalty = try keys.number("length_penalty", in: Self.lengthPenalties, default: lengthPenalty)
    noRepeatNGram = try keys.optional("no_repeat_ngram_size")?.int(in: 1...100)
    minLength = try keys.int("min_length", in: 0...512, default: minLength)
    if try keys.bool("forbid_bad_endings", default: false) { forbiddenEndings = Self.commonForbiddenEndings }
    try keys.end()
  }
}
