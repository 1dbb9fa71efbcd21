import CLIP
public import Foundation
public import Training

/// Trains a model as a recipe says, stage after stage, and goes on where an earlier run of the same recipe stopped.
public final class DistillationRun {
  private let recipe: DistillationRecipe
  private let run: TrainingRun

  /// Opens the device and joins the other processes, where there are any.
  ///
  /// - Throws: `TorchError`, `TrainingError`.
  public init(
    _ recipe: DistillationRecipe, stop: StopRequest? = nil, reports: RunReports = RunReports()
  ) throws {
    self.recipe = recipe
    run = try TrainingRun(recipe.header, stop: stop, reports: reports)
  }

  /// Trains; nil when the user asked to stop, after the state was saved.
  ///
  /// - Returns: the folder of the finished model.
  /// - Throws: ``DistillationError``, `TrainingError`, `TorchError`, `DataError`, `CheckpointError`.
  public func train() throws -> URL? {
    let begin = try recipe.begin()
    // Refused before anything is computed.
    let saved = try run.savedStage { recipe.description(of: begin, through: $0) }
    try recipe.validate(begin.configuration, worldSize: run.group.worldSize)
    let sets = try recipe.sources.map { try $0.open(missingShare: recipe.maxSkippedFraction) }
    let network = try CLIPNetwork(begin, torch: run.torch)
    let whole = TrainedCLIP(network, source: begin, trained: [])
    if let saved, saved >= recipe.stages.count { try run.restore(whole.parameters) }
    let teacher = try teacherNetwork()
    for (number, stage) in recipe.stages.enumerated() {
      if let saved, number < saved { continue }
      let task = try DistillationTask(
        stage, of: recipe, network: network, teacher: teacher, start: begin,
        sets: zip(recipe.sources, sets).filter { stage.data.contains($0.0.name) }.map(\.1), run: run)
      var plan = stage.settings.plan(
        name: stage.name, number: number, batches: task.batchesPerEpoch, isMixed: run.isMixed)
      plan.rateFactor = stage.learningRateFactor
      guard
        let result = try run.train(
          task, plan, description: recipe.description(of: begin, through: number))
      else { return nil }
      try take(result, of: stage, into: network, begin)
      try run.saveStart(
        ofStage: number + 1, whole.parameters,
        description: recipe.description(of: begin, through: number + 1))
    }
    if run.isFirst { try run.folder.write(whole.checkpoint(), to: run.folder.model) }
    try run.group.barrier()
    return run.folder.model
  }

  /// The finished model's parameters and what it is worth, measured as in the last stage; nil without a validation.
  ///
  /// - Throws: `TrainingError`, `CheckpointError`.
  public func result() throws -> (parameters: Int, validation: ValidationResult)? {
    guard let stage = recipe.stages.last,
      let validate = try StageValidation(stage, of: recipe, model: nil, in: run.folder)
    else { return nil }
    let model = try Checkpoint.open(at: run.folder.model)
    return (model.configuration.parameterCounts.whole, try validate(model))
  }

  /// Puts the model that the stage ends with into the network: the best, or the average, or what lies between it and the recipe's
  /// start.
  private func take(
    _ result: StageResult<Checkpoint>, of stage: DistillationRecipe.Stage, into network: CLIPNetwork,
    _ begin: Checkpoint
  ) throws {
    let parameters = network.parameters
    if var model = result.snapshot {
      if let best = result.best {
        let measures = best.result.measures.map { "\($0.name) \(String(format: "%.4f", $0.value))" }
        run.reports.note(
          "\(stage.name): the model of epoch \(best.epoch) is kept, \(measures.joined(separator: ", "))")
      }
      if stage.wiseFTAlpha < 1 { model = WeightInterpolation(from: begin, to: model)(stage.wiseFTAlpha) }
      for (name, tensor) in parameters.all {
        if let stored = model.tensors[name] { try tensor.write(stored.floats()) }
      }
    }
    try run.group.share(parameters.all.map(\.tensor))
  }

  /// The teacher, where losses look inside it.
  private func teacherNetwork() throws -> CLIPNetwork? {
    guard let stage = recipe.stages.first(where: { $0.losses.comparesLayers }) else { return nil }
    guard let model = recipe.teacher.models.first else {
      throw DistillationError.missingTeacher(stage: stage.name, what: "the layers of one teacher")
    }
    let network = try CLIPNetwork(Checkpoint.open(at: ModelLocator.resolve(model)), torch: run.torch)
    for (_, tensor) in network.parameters.all { try tensor.requireGradient(false) }
    return network
  }
}
