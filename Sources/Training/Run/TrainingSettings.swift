/// How long and how fast a stage trains: what recipes say of it, whatever it learns.
public struct TrainingSettings: Sendable, Equatable {
  /// How often all data is seen.
  public var epochs: Int
  /// Items in a batch, over all processes.
  public var batch: Int
  /// Batches whose gradients are added up for a step.
  public var accumulation: Int
  /// The highest learning rate.
  public var rate: Double
  /// Epochs of linear warm-up.
  public var warmUp: Double
  /// How the rate goes afterwards.
  public var schedule: LearningRateSchedule.Shape
  /// The last rate as a share of the highest.
  public var floor: Double
  /// The weight decay.
  public var decay: Double
  /// The longest gradient; nil for any.
  public var clip: Double?
  /// The decay of the moving average of the parameters; nil for none.
  public var average: Double?
  /// Whether layers are computed again for their gradients, for memory.
  public var recomputes: Bool
  /// Epochs between validations.
  public var validatesEvery: Int
  /// Validations without a better one that end the stage; nil for never.
  public var patience: Int?
  /// Whether the best model by validation goes on, and not the last.
  public var keepsBest: Bool
  /// Seconds between saved states.
  public var savesEvery: Double

  /// Reads `epochs`, `batch` and the others among the keys of a stage. Throws ``RecipeError``.
  public init(_ keys: RecipeKeys) throws {
    epochs = try keys.int("epochs", in: 1...100_000)
    batch = try keys.int("batch", in: 1...1_048_576)
    accumulation = try keys.int("accumulate", in: 1...4096, default: 1)
    rate = try keys.number("rate", in: 0...100)
    warmUp = try keys.number("warm_up", in: 0...100_000, default: 0)
    schedule = try keys.choice("schedule", default: .cosine)
    floor = try keys.number("floor", in: 0...1, default: 0)
    decay = try keys.number("weight_decay", in: 0...100, default: 0.01)
    clip = try keys.optional("clip")?.number(in: 0...1e9)
    average = try keys.optional("average")?.number(in: 0...1)
    recomputes = try keys.bool("recompute", default: false)
    validatesEvery = try keys.int("validate_every", in: 1...100_000, default: 1)
    patience = try keys.optional("early_stop")?.int(in: 1...100_000)
    keepsBest = try keys.bool("keep_best", default: true)
    savesEvery = try keys.number("save_every", in: 0...1e6, default: 300)
  }

  /// The plan of a stage of so many batches an epoch.
  ///
  /// - Parameter isMixed: whether products are computed in bfloat16.
  public func plan(name: String, number: Int, batches: Int, isMixed: Bool) -> StagePlan {
    let perEpoch = Double(batches) / Double(accumulation)
    var plan = StagePlan(
      name: name, number: number, epochs: epochs,
      rate: LearningRateSchedule(
        peak: rate, warmUp: Int(warmUp * perEpoch),
        total: (epochs * batches + accumulation - 1) / accumulation,
        shape: schedule,
        floor: floor),
      decay: decay)
    plan.accumulation = accumulation
    plan.clip = clip
    plan.average = average
    plan.validatesEvery = validatesEvery
    plan.patience = patience
    plan.keepsBest = keepsBest
    plan.savesEvery = savesEvery
    plan.mixed = isMixed ? .bfloat16 : nil
    return plan
  }
}
