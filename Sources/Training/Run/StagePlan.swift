/// What is asked of one stage of a run.
public struct StagePlan: Sendable {
  /// What it is called.
  public var name: String
  /// Its number in the run, from 0.
  public var number: Int
  /// How often all data is seen.
  public var epochs: Int
  /// Batches whose gradients are added up for a step.
  public var accumulation = 1
  /// The learning rate.
  public var rate: LearningRateSchedule
  /// The weight decay.
  public var decay: Double
  /// β₁, β₂.
  public var betas = (0.9, 0.98)
  /// The longest gradient, nil for any.
  public var clip: Double?
  /// The decay of the moving average; nil for none.
  public var average: Double?
  /// Epochs between validations.
  public var validatesEvery = 1
  /// Validations without a better one after which the stage ends; nil for never.
  public var patience: Int?
  /// Whether the best model by validation is what the stage ends with, and not the last.
  public var keepsBest = true
  /// Seconds between saved states.
  public var savesEvery = 300.0
  /// What products are computed in: nil for float32, bfloat16 for mixed precision.
  public var mixed: ScalarType?
  /// What the learning rate of a parameter is multiplied with, by its name.
  public var rateFactor: @Sendable (String) -> Double = { _ in 1 }

  /// Creates a plan.
  public init(name: String, number: Int, epochs: Int, rate: LearningRateSchedule, decay: Double) {
    self.name = name
    self.number = number
    self.epochs = epochs
    self.rate = rate
    self.decay = decay
  }
}
