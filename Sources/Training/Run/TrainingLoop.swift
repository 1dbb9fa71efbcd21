import Foundation
import JSON

/// Trains a task through one stage: batches, losses, steps, validations, and a state to go on from.
public final class TrainingLoop<Task: TrainingTask> {
  /// How a stage ended.
  public enum Ending: Sendable, Equatable {
    /// All epochs were run.
    case done
    /// No better validation came.
    case early
    /// The user asked to stop; the state is saved.
    case stopped
  }

  let plan: StagePlan
  let task: Task
  let run: TrainingRun
  let optimizer: AdamW
  let average: MovingAverage?
  let moved: [Tensor]
  var log: TrainingLog?
  var state: RunState

  /// Prepares a stage, from a saved state where there is one of this stage.
  ///
  /// - Parameters:
  ///   - plan: what is asked of it.
  ///   - task: what is trained, in place.
  ///   - run: the run that the stage belongs to.
  ///   - description: what the run is.
  /// - Throws: ``TrainingError``, ``TorchError``.
  public init(_ plan: StagePlan, _ task: Task, in run: TrainingRun, description: RunDescription) throws {
    self.plan = plan
    self.task = task
    self.run = run
    let parameters = task.parameters
    for parameter in parameters { try parameter.tensor.requireGradient(parameter.role == .trained) }
    func pairs(_ isMeant: (TrainingParameter.Role) -> Bool) -> [(name: String, tensor: Tensor)] {
      parameters.filter { isMeant($0.role) }.map { ($0.name, $0.tensor) }
    }
    let moved = pairs { $0 == .trained }
    self.moved = moved.map(\.tensor)
    optimizer = try AdamW(
      moved, torch: run.torch, decay: plan.weightDecay, betas: plan.betas, rateFactor: plan.rateFactor)
    average = try plan.emaDecay.map { decay in
      try MovingAverage(pairs { $0 != .frozen }, torch: run.torch, decay: decay)
    }
    state = RunState(of: description)
    state.stage = plan.number
    if run.isFirst { state.data = task.dataFingerprint }
    try resume(description)
    // The validation before the first step is made again where no step was saved.
    let kept = state.step == 0 ? -1 : state.step
    log = run.isFirst ? try TrainingLog(run.folder.log, keepingBefore: plan.number, step: kept) : nil
  }

  /// Trains to the end of the stage, or until the user asks to stop.
  public func train() throws -> Ending {
    if let patience = plan.earlyStoppingPatience, state.worse >= patience { return .early }
    let batches = try task.batches(from: state.position)
    defer { batches.stop() }
    if plan.validatesStart, state.step == 0, state.best == nil, try validate(epoch: 0) { return .early }
    var clock = Clock(state)
    var sum = LossSum(accumulation: plan.gradAccumulationSteps, batches: plan.epochs * task.batchesPerEpoch)
    // What an earlier stage that ended early has left is none of this one's.
    try run.torch.clearGradients(moved)
    while let batch = try batches.next() {
      try add(batch, to: &sum)
      clock.items += batch.count * run.group.worldSize
      let endsEpoch = batch.following.epoch > batch.position.epoch
      if sum.isWhole {
        try step(sum, at: batch.position, &clock)
        sum.clear()
      }
      state.position = batch.following
      if isValidated(after: batch, endsEpoch: endsEpoch, isWhole: sum.isEmpty),
        try validate(epoch: batch.position.epoch + 1)
      {
        try save()
        return .early
      }
      guard sum.isEmpty else { continue }
      if endsEpoch || clock.sinceSaving >= plan.saveEverySeconds || run.stop?.isMade == true {
        try save()
        clock.saved = .now
      }
      if run.stop?.isMade == true { return .stopped }
    }
    return .done
  }

  /// Adds a batch's gradients to those of the step, and its losses.
  private func add(_ batch: Task.Batches.Element, to sum: inout LossSum) throws {
    sum.begin(batch: batch.position.epoch * task.batchesPerEpoch + batch.position.batch)
    let (terms, total) = try run.torch.mixed(plan.mixed) {
      let terms = try task.losses(of: batch)
      guard let total = try terms.total() else {
        throw TrainingError.unusableBatch(reason: "the stage \(plan.name) has no losses; give it one")
      }
      return (terms, try total * (1 / Double(sum.share)))
    }
    try total.backward()
    try sum.add(terms)
  }

  /// Moves the parameters, and tells of it.
  private func step(_ sum: LossSum, at position: DataPosition, _ clock: inout Clock) throws {
    try run.group.sumGradients(of: moved)
    let norm = try run.torch.clipGradients(of: moved, to: plan.gradClipNorm)
    let group = run.group
    func whole(_ value: Double) throws -> Double { task.lossesAreShares ? try group.sum(value) : value }
    let loss = try whole(sum.total)
    let terms = try sum.terms.map { ($0.name, JSONValue.number(try whole($0.value))) }
    guard loss.isFinite, norm.isFinite else {
      throw TrainingError.notFinite(
        what: loss.isFinite ? "the gradient" : "the loss", step: state.step + 1,
        stage: "\(plan.name) (epoch \(position.epoch + 1), batch \(position.batch + 1))",
        saved: run.folder.state.path)
    }
    let rate = plan.learningRate.rate(at: state.step)
    try optimizer.update(rate: rate)
    try run.torch.clearGradients(moved)
    try task.finishStep()
    state.step += 1
    try average?.update(step: state.step)
    state.seconds = clock.secondsBefore + clock.seconds
    try log?.append(
      header(epoch: position.epoch + 1) + task.logHeader.map { ($0.name, .string($0.value)) } + [
        ("loss", .number(loss))
      ]
        + terms + sum.logged.map { ($0.name, .number($0.value)) }
        + [
          ("learning_rate", .number(rate)), ("grad_norm", .number(norm)), ("seconds", .number(state.seconds)),
        ])
    run.reports.training(
      clock.progress(
        state, of: (sum.batches + plan.gradAccumulationSteps - 1) / plan.gradAccumulationSteps,
        stage: plan.name, loss: loss,
        epoch: position.epoch + 1))
  }

  /// Whether a validation is due after a batch.
  ///
  /// - Parameter isWhole: whether the batch was the last of a step.
  private func isValidated(after batch: Task.Batches.Element, endsEpoch: Bool, isWhole: Bool) -> Bool {
    let epoch = batch.position.epoch + 1
    if endsEpoch, epoch == plan.epochs { return true }
    guard let steps = plan.validateEverySteps else {
      return endsEpoch && epoch % plan.validateEveryEpochs == 0
    }
    return isWhole && state.step % steps == 0
  }

  /// Validates where the task does; whether the stage is over.
  private func validate(epoch: Int) throws -> Bool {
    guard task.isValidated else { return false }
    var isOver = false
    if run.isFirst {
      let model = try snapshot()
      let found = try task.validate(model)
      try log?.append(
        header(epoch: epoch) + found.measures.map { ("validation_\($0.name)", .number($0.value)) })
      // A model that ends the training is not the one to keep.
      if found.stop == nil, state.best.map({ found.score > $0.score }) ?? true {
        state.best = found
        state.bestEpoch = epoch
        state.worse = 0
        try run.folder.replace(run.folder.best) { try task.write(model, to: $0) }
      } else {
        state.worse += 1
      }
      if let patience = plan.earlyStoppingPatience, state.worse >= patience { isOver = true }
      if let reason = found.stop {
        run.reports.note(reason)
        isOver = true
      }
    }
    // All processes go on, or none.
    return try run.group.sum(isOver ? 1 : 0) > 0
  }

  private func header(epoch: Int) -> [TrainingLog.Member] {
    [
      ("stage", .string(plan.name)), ("stage_number", .integer(plan.number)), ("step", .integer(state.step)),
      ("epoch", .integer(epoch)),
    ]
  }

  /// The model as it is: averaged where there is an average.
  public func snapshot() throws -> Task.Snapshot { try task.snapshot(averages: average?.values ?? [:]) }

  /// The best validation, and the epoch it was made after.
  public var best: (result: ValidationResult, epoch: Int)? {
    guard let best = state.best, let epoch = state.bestEpoch else { return nil }
    return (best, epoch)
  }
}
