import CLIP
import CaptionData
import Training

/// One stage of distillation as the training loop sees it.
final class DistillationTask: CLIPTrainingTask {
  let model: TrainedCLIP
  private let data: StageData
  private let objective: StageObjective
  private let group: ProcessGroup
  let isValidated: Bool
  /// Process 0 alone has one.
  private let validation: StageValidation?

  init(
    _ stage: DistillationRecipe.Stage, of recipe: DistillationRecipe, network: CLIPNetwork,
    teacher: CLIPNetwork?, start: Checkpoint, sets: [TrainingSet], run: TrainingRun
  ) throws {
    data = try StageData(
      stage, of: recipe, sets: sets, model: start, folder: run.folder, group: run.group,
      progress: run.reports.preparing)
    for line in data.set.skipped.lines(first: 3) { run.reports.note(line) }
    objective = try StageObjective(
      stage, network: network, teacher: teacher, targets: data.targets, captions: data.set.captionRows,
      group: run.group)
    model = TrainedCLIP(
      network, source: start, trained: try stage.trained(among: network.parameters.names))
    group = run.group
    isValidated = recipe.validation != nil
    validation = run.isFirst ? try StageValidation(stage, of: recipe, model: model, in: run.folder) : nil
    for line in validation?.set.skipped.lines(first: 3) ?? [] { run.reports.note("validation: \(line)") }
  }

  var batchesPerEpoch: Int { data.order.batchCount }

  var dataFingerprint: String {
    var run = RunDescription()
    run.add("data", data.set.fingerprint)
    run.add("validation", validation?.set.fingerprint)
    return run.fingerprint
  }

  func batches(from position: DataPosition) throws -> BatchLoader {
    try data.loader(from: position, group: group)
  }

  func losses(of batch: Batch) throws -> LossTerms { try objective(batch) }

  func validate(_ snapshot: Checkpoint) throws -> ValidationResult {
    guard let validation else { throw CancellationError() }
    return try validation(snapshot)
  }
}

/// What models of a stage are measured by.
enum StageValidation {
  case retrieval(RetrievalValidation)
  case texts(TextAgreement)

  /// Opens the validation's files; nil where the recipe has none.
  ///
  /// - Parameter model: what is trained, nil for models of which nothing may be kept from one to the next.
  init?(
    _ stage: DistillationRecipe.Stage, of recipe: DistillationRecipe, model: TrainedCLIP?,
    in folder: RunFolder
  ) throws {
    guard let validation = recipe.validation else { return nil }
    if stage.trains == .text, !stage.losses.comparesPairs {
      self = .texts(try TextAgreement(validation, recipe: recipe, folder: folder))
    } else {
      self = .retrieval(
        try RetrievalValidation(validation, recipe: recipe, stage: stage, model: model, folder: folder))
    }
  }

  /// What is measured on.
  var set: TrainingSet {
    switch self {
    case .retrieval(let validation): validation.set
    case .texts(let validation): validation.set
    }
  }

  func callAsFunction(_ checkpoint: Checkpoint) throws -> ValidationResult {
    switch self {
    case .retrieval(let validation): try validation(checkpoint)
    case .texts(let validation): try validation(checkpoint)
    }
  }
}
