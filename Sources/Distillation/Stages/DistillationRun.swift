import CLIP
import CaptionData
public import Foundation
public import Training

/// Trains a model as a recipe says, stage after stage, and goes on where an earlier run of the same recipe stopped.
public final class DistillationRun {
  /// What a run tells while it works.
  public struct Reports: Sendable {
    /// How far a step of preparation is: what, done, of how many.
    public var preparing: @Sendable (String, Int, Int) -> Void = { _, _, _ in }
    /// How far the training is.
    public var training: @Sendable (TrainingProgress) -> Void = { _ in }
    /// A sentence worth a line.
    public var note: @Sendable (String) -> Void = { _ in }

    /// Says nothing.
    public init() {}
  }

  private let recipe: DistillationRecipe
  private let reports: Reports
  private let stop: StopRequest?
  private let folder: RunFolder
  private let torch: Torch
  private let group: ProcessGroup

  /// Opens the device and joins the other processes, where there are any.
  ///
  /// - Throws: `TorchError`, `TrainingError`.
  public init(_ recipe: DistillationRecipe, stop: StopRequest? = nil, reports: Reports = Reports()) throws {
    self.recipe = recipe
    self.reports = reports
    self.stop = stop
    folder = try RunFolder(recipe.output)
    (torch, group) = try ProcessGroup.joined(device: recipe.device, threads: recipe.threads)
  }

  /// Trains; nil when the user asked to stop, after the state was saved.
  ///
  /// - Returns: the folder of the finished model.
  /// - Throws: ``DistillationError``, `TrainingError`, `TorchError`, `DataError`, `CheckpointError`.
  public func train() throws -> URL? {
    let begin = try recipe.start.open(seed: recipe.seed)
    // Refused before anything is computed.
    let saved = try TrainingLoop.savedStage(in: folder) { recipe.fingerprint(of: begin, through: $0) }
    for stage in recipe.stages {
      try stage.validate(begin.configuration, recipe.teacher, worldSize: group.worldSize)
      _ = try trained(stage, begin.configuration.parameterShapes.map(\.name))
    }
    try checkWidths(begin.configuration.embeddingWidth)
    let sets = try recipe.sources.map { try $0.open(missingShare: recipe.maxSkippedFraction) }
    try torch.seed(recipe.seed)
    let network = try CLIPNetwork(begin, torch: torch)
    if let saved, saved >= recipe.stages.count { try TrainingLoop.restore(network, from: folder) }
    let teacher = try teacherNetwork()
    for (number, stage) in recipe.stages.enumerated() {
      if let saved, number < saved { continue }
      let fingerprint = recipe.fingerprint(of: begin, through: number)
      let data = try StageData(
        stage, of: recipe, sets: zip(recipe.sources, sets).filter { stage.data.contains($0.0.name) }.map(\.1),
        model: begin, folder: folder, group: group, progress: reports.preparing)
      if group.rank == 0 {
        for line in data.set.leftOut.lines(first: 3) { reports.note(line) }
      }
      let objective = try StageObjective(stage, network: network, teacher: teacher, data: data, group: group)
      let report = group.rank == 0 ? reports.training : Reports().training
      let loop = try TrainingLoop(
        stage.settings.plan(
          name: stage.name, number: number, batches: data.order.batchCount, isMixed: recipe.isMixed),
        network: network, source: begin,
        trained: trained(stage, network.parameters.names), fingerprint: fingerprint, group: group,
        folder: folder,
        stop: stop, report: report)
      // All processes know that there is a validation; process 0 makes it.
      var validate: ((Checkpoint) throws -> Validation)?
      if group.rank == 0 {
        validate = try validation(stage)
      } else if recipe.validation != nil {
        validate = { _ in throw CancellationError() }
      }
      let ending = try loop.run(
        batches: { try data.loader(from: $0, group: self.group) }, batchesPerEpoch: data.order.batchCount,
        objective: { try objective($0) }, validate: validate)
      if ending == .stopped { return nil }
      try finish(stage, loop, network, begin, fingerprint: recipe.fingerprint(of: begin, through: number + 1))
    }
    if group.rank == 0 {
      try folder.write(network.parameters.checkpoint(like: begin), to: folder.model)
    }
    try group.barrier()
    return folder.model
  }

  /// The finished model's parameters and what it is worth, measured as in the last stage; nil without a validation.
  ///
  /// - Throws: `TrainingError`, `CheckpointError`.
  public func result() throws -> (parameters: Int, validation: Validation)? {
    guard let stage = recipe.stages.last, let validate = try validation(stage) else { return nil }
    let model = try Checkpoint.open(at: folder.model)
    return (model.configuration.parameterCounts.whole, try validate(model))
  }

  /// Whether the student's rows can be compared with its teacher's. Throws ``DistillationError/widthsDiffer(what:student:teacher:)``.
  private func checkWidths(_ own: Int) throws {
    guard let model = recipe.teacher.model else { return }
    let opened = try Checkpoint.open(at: ModelLocator.resolve(model))
    let width = opened.configuration.embeddingWidth
    guard width == own else {
      throw DistillationError.widthsDiffer(what: "the teacher's embeddings", student: own, teacher: width)
    }
  }

  /// The teacher, where losses look inside it.
  private func teacherNetwork() throws -> CLIPNetwork? {
    guard let stage = recipe.stages.first(where: { $0.losses.comparesLayers }) else { return nil }
    guard let model = recipe.teacher.model else {
      throw DistillationError.missingTeacher(stage: stage.name, what: "a teacher's layers")
    }
    let network = try CLIPNetwork(Checkpoint.open(at: ModelLocator.resolve(model)), torch: torch)
    for (_, tensor) in network.parameters.all { try tensor.requireGradient(false) }
    return network
  }

  /// The parameters that a stage moves.
  private func trained(_ stage: DistillationRecipe.Stage, _ names: [String]) throws -> Set<String> {
    let trained = names.filter { name in
      if stage.frozen.contains(where: name.hasPrefix) { return false }
      if name == "logit_scale" { return stage.losses.contrastive > 0 || stage.losses.softLabels > 0 }
      switch stage.trains {
      case .image: return name.hasPrefix("vis")
      case .text: return name.hasPrefix("text")
      case .both: return true
      }
    }
    for prefix in stage.frozen where !names.contains(where: { $0.hasPrefix(prefix) }) {
      throw DistillationError.unusableStage(
        stage: stage.name, reason: "`freeze` names \(prefix), which begins no parameter of the model")
    }
    guard !trained.isEmpty else {
      throw DistillationError.unusableStage(stage: stage.name, reason: "everything is frozen")
    }
    return Set(trained)
  }

  private func validation(_ stage: DistillationRecipe.Stage) throws -> ((Checkpoint) throws -> Validation)? {
    guard let validation = recipe.validation else { return nil }
    if stage.trains == .text, !stage.losses.comparesPairs {
      let agreement = try TextAgreement(validation, recipe: recipe, folder: folder)
      return { try agreement($0) }
    }
    let retrieval = try RetrievalValidation(validation, recipe: recipe, stage: stage, folder: folder)
    return { try retrieval($0) }
  }

  /// Puts the model that the stage ends with into the network: the best, or the average, or what lies between it and the recipe's
  /// start.
  private func finish(
    _ stage: DistillationRecipe.Stage, _ loop: TrainingLoop, _ network: CLIPNetwork, _ begin: Checkpoint,
    fingerprint: String
  ) throws {
    let parameters = network.parameters
    if group.rank == 0 {
      var result: Checkpoint
      if stage.settings.keepsBest, let best = loop.best {
        result = try Checkpoint.open(at: folder.best)
        let measures = best.validation.measures.map { "\($0.name) \(String(format: "%.4f", $0.value))" }
        reports.note(
          "\(stage.name): the model of epoch \(best.epoch) is kept, \(measures.joined(separator: ", "))")
      } else {
        result = try loop.checkpoint()
      }
      if stage.wiseFTAlpha < 1 { result = begin.interpolated(to: result, alpha: stage.wiseFTAlpha) }
      for (name, tensor) in parameters.all {
        if let stored = result.tensors[name] { try tensor.write(stored.floats()) }
      }
    }
    try group.share(parameters.all.map(\.tensor))
    try loop.finish(next: network, fingerprint: fingerprint)
  }
}
