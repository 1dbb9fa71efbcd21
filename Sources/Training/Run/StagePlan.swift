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
  /// Validations without an improvement after which the stage ends; nil for never.
  public var earlyStoppingPatience: Int?
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

/// How far a run is, for people.
public struct TrainingProgress: Sendable {
  /// The stage.
  public var stage: String
  /// Optimiser steps done.
  public var step: Int
  /// Of so many.
  public var steps: Int
  /// The loss of the last step.
  public var loss: Double
  /// Items a second in this run.
  public var rate: Double
  /// Seconds left in this stage.
  public var left: Double
  /// The epoch, from 1.
  public var epoch: Int
}

/// The parts of a loss, each already weighted.
public struct LossTerms {
  /// The parts by name; their sum is what is trained.
  public var parts: [(name: String, value: Tensor)]

  /// Creates a loss of no parts.
  public init() { parts = [] }

  /// Adds a part with its weight.
  public mutating func add(_ name: String, _ value: Tensor, weight: Double) throws {
    parts.append((name, weight == 1 ? value : try value * weight))
  }

  /// The sum; nil without parts.
  func total() throws -> Tensor? {
    guard var sum = parts.first?.value else { return nil }
    for part in parts.dropFirst() { sum = try sum + part.value }
    return sum
  }
}
