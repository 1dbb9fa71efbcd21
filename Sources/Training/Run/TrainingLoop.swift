public import CLIP
public import Foundation
import JSON

/// Trains a network through one stage: batches, losses, steps, validations, and a state to go on from.
public final class TrainingLoop {
  /// How a stage ended.
  public enum Ending: Sendable, Equatable {
    /// All epochs were run.
    case done
    /// No better validation came.
    case early
    /// The user asked to stop; the state is saved.
    case stopped
  }

  private let plan: StagePlan
  private let network: CLIPNetwork
  private let source: Checkpoint
  private let group: ProcessGroup
  private let folder: RunFolder
  private let stop: StopRequest?
  private let report: (TrainingProgress) -> Void
  private let torch: Torch
  private let trained: [(name: String, tensor: Tensor)]
  private let optimizer: AdamW
  private let average: MovingAverage?
  private var log: TrainingLog?
  private var state: RunState

  /// Prepares a stage, from a saved state where there is one of this stage.
  ///
  /// - Parameters:
  ///   - plan: what is asked of it.
  ///   - network: what is trained, in place.
  ///   - source: the checkpoint whose tokenizer and description go with what is written.
  ///   - trained: the names of the parameters that move; the others are frozen.
  ///   - fingerprint: what the run is.
  /// - Throws: ``TrainingError``, ``TorchError``.
  public init(
    _ plan: StagePlan, network: CLIPNetwork, source: Checkpoint, trained: Set<String>, fingerprint: String,
    group: ProcessGroup, folder: RunFolder, stop: StopRequest? = nil,
    report: @escaping (TrainingProgress) -> Void = { _ in }
  ) throws {
    self.plan = plan
    self.network = network
    self.source = source
    self.group = group
    self.folder = folder
    self.stop = stop
    self.report = report
    torch = network.parameters.torch
    let parameters = network.parameters
    let changing = parameters.all.filter { trained.contains($0.name) }
    // Running statistics go with the average, but have no gradients.
    let moved = changing.filter { !StemNames.isStatistic($0.name) }
    for (_, tensor) in parameters.all { try tensor.requireGradient(false) }
    for (_, tensor) in moved { try tensor.requireGradient() }
    let torch = torch
    self.trained = moved
    optimizer = try AdamW(
      moved, torch: torch, decay: plan.weightDecay, betas: plan.betas, rateFactor: plan.rateFactor)
    average = try plan.emaDecay.map { try MovingAverage(changing, torch: torch, decay: $0) }
    state = RunState(fingerprint: fingerprint)
    state.stage = plan.number
    if let (saved, file) = try RunState.read(folder.state, fingerprint: { _ in fingerprint }),
      saved.stage == plan.number
    {
      state = saved
      for (name, tensor) in tensors() {
        // The start of a stage has the parameters alone.
        guard let stored = try file.tensor(name) else {
          if state.step == 0, let own = try file.tensor(name.replacing("average/", with: "")) {
            try tensor.write(own.floats())
          }
          continue
        }
        guard stored.shape == tensor.shape else {
          throw TrainingError.otherState(path: folder.state.path, reason: "its \(name) has another shape")
        }
        try tensor.write(stored.floats())
      }
      optimizer.resume(step: state.step)
      if !state.generator.isEmpty { try torch.setGeneratorState(Array(state.generator)) }
    }
    log = group.rank == 0 ? try TrainingLog(folder.log, keepingBefore: plan.number, step: state.step) : nil
  }

  /// The stage that a saved state belongs to; nil where there is none.
  ///
  /// - Parameter fingerprint: what the run is up to a stage: later stages may be others than when the state was saved.
  /// - Throws: ``TrainingError/otherState(path:reason:)``.
  public static func savedStage(in folder: RunFolder, fingerprint: (_ stage: Int) -> String) throws -> Int? {
    try RunState.read(folder.state, fingerprint: fingerprint)?.0.stage
  }

  /// Puts the saved parameters into a network: for a run of which every stage is done. Throws `CheckpointError`.
  public static func restore(_ network: CLIPNetwork, from folder: RunFolder) throws {
    let file = try SafetensorsFile(folder.state)
    for (name, tensor) in network.parameters.all {
      if let stored = try file.tensor(name) { try tensor.write(stored.floats()) }
    }
  }

  /// What is saved: the parameters, the optimiser's moments, the average.
  private func tensors() -> [String: Tensor] {
    var all = network.parameters.byName
    for moment in optimizer.moments {
      all["adam.first/\(moment.name)"] = moment.first
      all["adam.second/\(moment.name)"] = moment.second
    }
    for (name, tensor) in average?.ordered ?? [] { all["average/\(name)"] = tensor }
    return all
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - batches: a loader from a position on, over the rest of the stage.
  ///   - steps: the batches of an epoch.
  ///   - objective: the loss of a batch.
  ///   - validate: measures a model; what has the best score is kept in ``RunFolder/best``.
  public func run(
    batches: (DataPosition) throws -> BatchLoader, batchesPerEpoch: Int,
    objective: (Batch) throws -> LossTerms, validate: ((Checkpoint) throws -> Validation)?
  ) throws -> Ending {
    let loader = try batches(state.position)
    defer { loader.stop() }
    let began = ContinuousClock.now
    let secondsBefore = state.seconds
    let firstStep = state.step
    let batchCount = plan.epochs * batchesPerEpoch
    let steps = (batchCount + plan.gradAccumulationSteps - 1) / plan.gradAccumulationSteps
    var saved = began
    var items = 0
    var pending = 0
    var terms: [(String, Double)] = []
    // What an earlier stage that ended early has left is none of this one's.
    try torch.clearGradients(trained.map(\.tensor))
    while let batch = try loader.next() {
      // The last batches of a stage may be fewer than a step's.
      let index = batch.position.epoch * batchesPerEpoch + batch.position.batch
      let share = min(
        plan.gradAccumulationSteps,
        batchCount - index / plan.gradAccumulationSteps * plan.gradAccumulationSteps)
      let parts = try torch.mixed(plan.mixed) {
        let loss = try objective(batch)
        guard let total = try loss.total() else {
          throw TrainingError.unusableBatch(reason: "the stage \(plan.name) has no losses; give it one")
        }
        return (loss, try total * (1 / Double(share)))
      }
      try parts.1.backward()
      items += batch.items.count * group.worldSize
      let values = try parts.0.parts.map { ($0.name, try $0.value.number() / Double(share)) }
      terms = pending == 0 ? values : zip(terms, values).map { ($0.0, $0.1 + $1.1) }
      pending += 1
      let endsEpoch = batch.following.epoch > batch.position.epoch
      if pending >= share {
        pending = 0
        try group.sumGradients(of: trained.map(\.tensor))
        let length = try torch.clipGradients(of: trained.map(\.tensor), to: plan.gradClipNorm)
        let loss = terms.reduce(0) { $0 + $1.1 }
        guard loss.isFinite, length.isFinite else {
          throw TrainingError.notFinite(
            what: loss.isFinite ? "the gradient" : "the loss", step: state.step + 1,
            stage: "\(plan.name) (epoch \(batch.position.epoch + 1), batch \(batch.position.batch + 1))",
            saved: folder.state.path)
        }
        let rate = plan.learningRate.rate(at: state.step)
        try optimizer.update(rate: rate)
        try torch.clearGradients(trained.map(\.tensor))
        try clampLogitScale()
        state.step += 1
        try average?.update(step: state.step)
        let seconds = Self.seconds(ContinuousClock.now - began)
        state.seconds = secondsBefore + seconds
        try log?.append(
          [
            ("stage", .string(plan.name)), ("stage_number", .integer(plan.number)),
            ("step", .integer(state.step)), ("epoch", .integer(batch.position.epoch + 1)),
            ("loss", .number(loss)),
          ] + terms.map { ($0.0, .number($0.1)) }
            + [
              ("learning_rate", .number(rate)), ("grad_norm", .number(length)),
              ("seconds", .number(state.seconds)),
            ])
        report(
          TrainingProgress(
            stage: plan.name, step: state.step, steps: steps, loss: loss,
            rate: Double(items) / max(seconds, 1e-9),
            left: seconds / Double(state.step - firstStep) * Double(max(0, steps - state.step)),
            epoch: batch.position.epoch + 1))
      }
      state.position = batch.following
      if endsEpoch, try endEpoch(batch.position.epoch + 1, validate) {
        try save()
        return .early
      }
      let now = ContinuousClock.now
      if pending == 0, endsEpoch || Self.seconds(now - saved) >= plan.saveEverySeconds || stop?.isMade == true
      {
        try save()
        saved = now
      }
      if pending == 0, stop?.isMade == true { return .stopped }
    }
    return .done
  }

  /// Validates where it is due; whether the stage is over.
  private func endEpoch(_ epoch: Int, _ validate: ((Checkpoint) throws -> Validation)?) throws -> Bool {
    guard let validate, epoch % plan.validateEveryEpochs == 0 || epoch == plan.epochs else { return false }
    var isOver = false
    if group.rank == 0 {
      let checkpoint = try checkpoint()
      let found = try validate(checkpoint)
      try log?.append(
        [
          ("stage", .string(plan.name)), ("stage_number", .integer(plan.number)),
          ("step", .integer(state.step)), ("epoch", .integer(epoch)),
        ] + found.measures.map { ("validation_\($0.name)", .number($0.value)) })
      if state.best.map({ found.score > $0.score }) ?? true {
        state.best = found
        state.bestEpoch = epoch
        state.worse = 0
        try folder.write(checkpoint, to: folder.best)
      } else {
        state.worse += 1
      }
      if let patience = plan.earlyStoppingPatience, state.worse >= patience { isOver = true }
    }
    // All processes go on, or none.
    return try group.sum(isOver ? 1 : 0) > 0
  }

  /// The model as it is: averaged where there is an average.
  public func checkpoint() throws -> Checkpoint {
    try network.parameters.checkpoint(like: source, replacing: average?.values ?? [:])
  }

  /// The best validation, and the epoch it was made after.
  public var best: (validation: Validation, epoch: Int)? {
    guard let best = state.best, let epoch = state.bestEpoch else { return nil }
    return (best, epoch)
  }

  private func save() throws {
    guard group.rank == 0 else { return }
    state.generator = Data(try torch.generatorState())
    try state.write(tensors(), to: folder.state)
  }

  /// Saves the start of the next stage, so that a run that stops in between does not train this one again.
  public func finish(next network: CLIPNetwork, fingerprint: String) throws {
    guard group.rank == 0 else { return }
    var next = RunState(fingerprint: fingerprint)
    next.stage = plan.number + 1
    try next.write(network.parameters.byName, to: folder.state)
  }

  /// Logits of more than 100 times the cosine are not let grow further (Radford et al. 2021).
  private func clampLogitScale() throws {
    let scale = network.logitScale
    let value = try scale.number()
    if value > log100 { try scale.write([Float(log100)]) }
  }

  private let log100 = 4.605170185988092

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
