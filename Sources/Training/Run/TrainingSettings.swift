/// How long and how fast a stage trains: what recipes say of it, whatever it learns.
public struct TrainingSettings: Sendable, Equatable {
  /// The number of passes over the data.
  public var epochs: Int
  /// Items in a batch, over all processes.
  public var batchSize: Int
  /// Batches whose gradients are added up for one optimizer step.
  public var gradAccumulationSteps: Int
  /// The peak learning rate.
  public var learningRate: Double
  /// Epochs of linear warmup.
  public var warmupEpochs: Double
  /// The linear warmup as a share of all steps, in the place of ``warmupEpochs``; nil for none.
  public var warmupRatio: Double?
  /// How the learning rate falls after the warmup.
  public var schedule: LearningRateSchedule.Shape
  /// The final learning rate as a share of the peak.
  public var minLRRatio: Double
  /// The weight decay, of matrices alone.
  public var weightDecay: Double
  /// The norm to which gradients are clipped; nil for no clipping.
  public var gradClipNorm: Double?
  /// The decay of the exponential moving average of the parameters; nil for none.
  public var emaDecay: Double?
  /// Whether activations are recomputed in the backward pass, to save memory.
  public var gradCheckpointing: Bool
  /// Epochs between validations.
  public var validateEveryEpochs: Int
  /// Steps between validations, in the place of epochs; nil for epochs.
  public var validateEverySteps: Int?
  /// Validations without an improvement after which the stage ends; nil for never.
  public var earlyStoppingPatience: Int?
  /// Whether the stage ends with the best model by validation, not the last one.
  public var keepsBest: Bool
  /// Seconds between saved states.
  public var saveEverySeconds: Double

  /// Reads `epochs`, `batch_size` and the others among the keys of a stage. Throws ``RecipeError``.
  public init(_ keys: RecipeKeys) throws {
    epochs = try keys.int("epochs", in: 1...100_000)
    batchSize = try keys.int("batch_size", in: 1...1_048_576)
    gradAccumulationSteps = try keys.int("grad_accumulation_steps", in: 1...4096, default: 1)
    learningRate = try keys.number("learning_rate", in: 0...100)
    warmupEpochs = try keys.number("warmup_epochs", in: 0...100_000, default: 0)
    warmupRatio = try keys.optional("warmup_ratio").map { node in
      guard !keys.has("warmup_epochs") else { throw node.refused("absent where there is `warmup_epochs`") }
      return try node.number(in: 0...1)
    }
    schedule = try keys.choice("schedule", default: .cosine)
    minLRRatio = try keys.number("min_lr_ratio", in: 0...1, default: 0)
    weightDecay = try keys.number("weight_decay", in: 0...100, default: 0.01)
    gradClipNorm = try keys.optional("grad_clip_norm")?.number(in: 0...1e9)
    emaDecay = try keys.optional("ema_decay")?.number(in: 0...1)
    gradCheckpointing = try keys.bool("grad_checkpointing", default: false)
    validateEveryEpochs = try keys.int("validate_every_epochs", in: 1...100_000, default: 1)
    validateEverySteps = try keys.optional("validate_every_steps").map { node in
      guard !keys.has("validate_every_epochs") else {
        throw node.refused("absent where there is `validate_every_epochs`")
      }
      return try node.int(in: 1...1_000_000)
    }
    earlyStoppingPatience = try keys.optional("early_stopping_patience")?.int(in: 1...100_000)
    keepsBest = try keys.bool("keep_best", default: true)
    saveEverySeconds = try keys.number("save_every_seconds", in: 0...1e6, default: 300)
  }

  /// The plan of a stage of so many batches an epoch.
  ///
  /// - Parameter isMixed: whether products are computed in bfloat16.
  public func plan(name: String, number: Int, batches: Int, isMixed: Bool) -> StagePlan {
    let perEpoch = Double(batches) / Double(gradAccumulationSteps)
    let warmup = warmupRatio.map { $0 * Double(epochs) } ?? warmupEpochs
    var plan = StagePlan(
      name: name, number: number, epochs: epochs,
      learningRate: LearningRateSchedule(
        peak: learningRate, warmupSteps: Int(warmup * perEpoch),
        totalSteps: (epochs * batches + gradAccumulationSteps - 1) / gradAccumulationSteps,
        shape: schedule, minRatio: minLRRatio),
      weightDecay: weightDecay)
    plan.gradAccumulationSteps = gradAccumulationSteps
    plan.gradClipNorm = gradClipNorm
    plan.emaDecay = emaDecay
    plan.validateEveryEpochs = validateEveryEpochs
    plan.validateEverySteps = validateEverySteps
    plan.earlyStoppingPatience = earlyStoppingPatience
    plan.keepsBest = keepsBest
    plan.saveEverySeconds = saveEverySeconds
    plan.mixed = isMixed ? .bfloat16 : nil
    return plan
  }
}
