import CLIP
public import Files
public import Foundation
public import Training

/// What `plumb caption tune` is asked: a captioner that is improved by rewards for the captions that it samples.
public struct SelfCriticalRecipe: TrainingRecipe {
  /// A metric that is no part of the reward, and how far it may fall.
  public struct Judge: Sendable, Equatable {
    /// The metric.
    public var metric: RewardExpression
    /// The model of the judge's CLIPScore: what `--model` takes.
    public var model: String
    /// The share of its value before training that it may lose.
    public var maxDrop: Double

    /// What it is called: the metric, and the model where it has one.
    var name: String { metric.needsModel ? "\(metric) of \(model)" : "\(metric)" }
  }

  /// Where the run is written, and what it is computed with.
  public var header: RunHeader
  /// The captioner to begin with.
  public var captioner: String
  /// The images and captions.
  public var sources: CaptionSources
  /// What is rewarded.
  public var reward: RewardExpression
  /// The model of the rewards' CLIPScores: what `--model` takes.
  public var rewardModel: String
  /// The head of the grammar reward.
  public var grammarHead: URL?
  /// Whether each part of the reward is standardised over the samples of an image.
  public var standardizes: Bool
  /// What a sample's reward is compared with.
  public var baseline: RewardBaseline
  /// The samples of an image.
  public var samples: Int
  /// The dropout of embedded words and of what layers add, in the pass with gradients.
  public var dropout: Double
  /// The dropout of the projected features in that pass.
  public var featureDropout: Double
  /// What logits are divided by where captions are sampled and in the loss: below 1, samples are nearer to what beam search finds.
  public var temperature: Double
  /// What guards against a collapse; nil for nothing.
  public var judge: Judge?
  /// How long and how fast.
  public var settings: TrainingSettings

  /// Reads a recipe.
  ///
  /// - Parameter settings: `path=value` for what is to be otherwise: `reward=lclip`.
  /// - Throws: `RecipeError`, with the file, the line and the nearest right key.
  public init(contentsOf url: URL, settings: [String] = []) throws {
    try self.init(Recipe(contentsOf: url, settings: settings))
  }

  /// Takes a recipe that has been read. Throws `RecipeError`, ``CaptioningError/badReward(expression:offset:expected:)``.
  public init(_ recipe: Recipe) throws {
    let keys = try recipe.root.keys()
    header = try RunHeader(keys)
    captioner = try keys.node("captioner").modelName()
    sources = try CaptionSources(keys)
    reward = try RewardExpression(keys.string("reward"))
    guard reward.terms.contains(where: { $0.weight != 0 }) else {
      throw try keys.node("reward").refused("a reward of which a part has a weight other than 0")
    }
    rewardModel = try keys.optional("reward_model")?.modelName() ?? "mini"
    grammarHead = try keys.optional("grammar_head")?.url()
    standardizes = try keys.bool("standardize_rewards", default: false)
    baseline = try keys.choice("baseline", default: .leaveOneOut)
    samples = try keys.int("samples", in: 1...100, default: 5)
    guard samples > 1 || baseline == .greedy else {
      throw try keys.node("samples").refused("2 or more, or `baseline: greedy`")
    }
    // One sample has no deviation from itself: nothing would be learned.
    guard samples > 1 || !standardizes else {
      throw try keys.node("samples").refused("2 or more, or `standardize_rewards: false`")
    }
    dropout = try keys.number("dropout", in: 0...0.9, default: 0)
    featureDropout = try keys.number("feature_dropout", in: 0...0.9, default: 0)
    temperature = try keys.number("temperature", in: 0.05...10, default: 1)
    judge = try keys.optional("judge").map { [reward, rewardModel] in
      try Judge($0, reward: reward, rewardModel: rewardModel)
    }
    let train = try keys.node("train").keys()
    self.settings = try TrainingSettings(train)
    try train.end()
    try keys.end()
  }

  /// What makes a run another run, field by field.
  ///
  /// - Parameter captioner: what the captioner before training is, wherever it lies.
  public func description(captioner: String) -> RunDescription {
    var run = RunDescription()
    run.add("captioner", captioner)
    header.describe(in: &run)
    sources.describe(in: &run)
    run.add("reward", reward.description)
    run.add("reward_model", rewardModel)
    run.add("grammar_head", grammarHead)
    run.add("standardize_rewards", standardizes, default: false)
    run.add("baseline", baseline.rawValue)
    run.add("samples", samples)
    run.add("dropout", dropout, default: 0)
    run.add("feature_dropout", featureDropout, default: 0)
    run.add("temperature", temperature, default: 1)
    if let judge {
      run.add("judge.metric", judge.metric.description)
      run.add("judge.model", judge.model)
      run.add("judge.max_drop", judge.maxDrop)
    }
    run.section("train") { settings.describe(in: &$0) }
    return run
  }

  /// What would be trained, for people; everything that the recipe names is opened. Throws what the readers throw.
  public func plan() throws -> String {
    let captioner = try CaptionerCheckpoint(contentsOf: ModelLocator.resolve(captioner))
    _ = try captioner.openEncoder()
    try openRewards()
    let set = try sources.trainingSet()
    let measured = try sources.validationSet()
    let test = try sources.testSet()
    return """
      captioner   \(self.captioner): \(captioner.configuration.layers) layers of width \(captioner.configuration.width), encoder \(captioner.configuration.encoder)
      reward      \(rewardFormula)
      data        \(set.name): \(set.counts(of: "images"))
      validation  \(measured.counts(of: "images"))\(judge.map { ", judged by \($0.name)" } ?? "")\(test.map { "\ntest        \($0.counts(of: "images"))" } ?? "")
      training    \(settings.epochs) epochs, batches of \(settings.batchSize * settings.gradAccumulationSteps) images, \(samples) samples each
      output      \(output.relativePath)
      """
  }

  /// What a run reads and what it replaces; validate it before the run is begun.
  public func outputCheck() -> OutputCheck {
    var check = OutputCheck()
    addInputs(to: &check)
    header.addOutputs(to: &check)
    return check
  }
}
