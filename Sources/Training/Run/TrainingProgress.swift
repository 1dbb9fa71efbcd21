/// How far a run is, for people.
public struct TrainingProgress: Sendable {
  /// The stage.
  public var stage: String
  /// Optimizer steps done.
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

extension TrainingLoop {
  /// The time that a stage takes.
  struct Clock {
    /// When this process began.
    private let began = ContinuousClock.now
    /// What the stage had taken before.
    let secondsBefore: Double
    private let stepBefore: Int
    /// When a state was saved last.
    var saved = ContinuousClock.now
    /// Items seen.
    var items = 0

    init(_ state: RunState) {
      secondsBefore = state.seconds
      stepBefore = state.step
    }

    /// Seconds since this process began.
    var seconds: Double { Self.seconds(ContinuousClock.now - began) }
    /// Seconds since a state was saved.
    var sinceSaving: Double { Self.seconds(ContinuousClock.now - saved) }

    func progress(_ state: RunState, of steps: Int, stage: String, loss: Double, epoch: Int)
      -> TrainingProgress
    {
      let seconds = state.seconds - secondsBefore
      return TrainingProgress(
        stage: stage, step: state.step, steps: steps, loss: loss, rate: Double(items) / max(seconds, 1e-9),
        left: seconds / Double(state.step - stepBefore) * Double(max(0, steps - state.step)), epoch: epoch)
    }

    private static func seconds(_ duration: Duration) -> Double {
      Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
  }
}
