/// What is asked of one stage of a run.
public struct StagePlan: Sendable {
  /// What it is called.
  public var name: String
  /// Its number in the run, from 0.
  public var number: Int
  /// The number of passes over the data.
  public var epochs: Int
  /// Batches whose gradients are added up for one optimizer step.
  public var gradAccumulationSteps = 1
  /// The learning rate of each step.
  public var learningRate: LearningRateSchedule
  /// The weight decay, of matrices alone.
  public var weightDecay: Double
  /// β₁, β₂.
  public var betas = (0.9, 0.98)
  /// The norm to which gradients are clipped; nil for no clipping.
  public var gradClipNorm: Double?
  /// The decay of the exponential moving average of the parameters; nil for none.
  public var emaDecay: Double?
  /// Epochs between validations.
  public var validateEveryEpochs = 1
  /// Steps between validations, in the place of epochs; nil for epochs.
  public var validateEverySteps: Int?
  /// Whether the model is validated before the first step, too.
  public var validatesStart = false
  /// Validations without an improvement after which the stage ends; nil for never.
  public var earlyStoppingPatience: Int?
  /// Whether the stage ends with the best model by validation, not the last one.
  public var keepsBest = true
  /// Seconds between saved states.
  public var saveEverySeconds = 300.0
  /// What products are computed in: nil for float32, bfloat16 for mixed precision.
  public var mixed: ScalarType?
  /// What the learning rate of a parameter is multiplied with, by its name.
  public var rateFactor: @Sendable (String) -> Double = { _ in 1 }

  /// Creates a plan.
  public init(
    name: String, number: Int, epochs: Int, learningRate: LearningRateSchedule, weightDecay: Double
  ) {
    self.name = name
    self.number = number
    self.epochs = epochs
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }
}
