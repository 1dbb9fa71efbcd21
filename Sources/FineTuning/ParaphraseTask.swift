import CLIP
import CaptionData
import Training

/// Fine-tuning as the training loop sees it: a text tower, and an image tower whose embeddings are computed once.
final class ParaphraseTask: CLIPTrainingTask {
  let model: TrainedCLIP
  let isValidated = true
  private let data: ParaphraseData
  private let objective: ParaphraseObjective
  private let group: ProcessGroup
  private var pass = ForwardPass()
  /// Process 0 alone has one.
  private let validation: ParaphraseValidation?

  init(
    _ recipe: FineTuningRecipe, start: Checkpoint, moves: (String) -> Bool, validation: ParaphraseValidation?,
    run: TrainingRun
  ) throws {
    data = try ParaphraseData(
      recipe, model: start, folder: run.folder, group: run.group, progress: run.reports.preparing)
    for line in data.set.skipped.lines(first: 3) { run.reports.note(line) }
    for line in validation?.skipped.lines(first: 3) ?? [] { run.reports.note("validation: \(line)") }
    var lora: LoRAConfiguration?
    if case .lora(let configuration) = recipe.trainable { lora = configuration }
    let network = try CLIPNetwork(start, torch: run.torch, lora: lora, seed: recipe.seed)
    var trained = Set(
      lora == nil ? network.parameters.names.filter(moves) : network.parameters.updateNames)
    if recipe.scale == .learned { trained.insert("logit_scale") }
    model = TrainedCLIP(network, source: start, trained: trained)
    objective = ParaphraseObjective(recipe.losses, scale: recipe.scale, network: network, group: run.group)
    pass.gradCheckpointing = recipe.settings.gradCheckpointing
    group = run.group
    self.validation = validation
  }

  var batchesPerEpoch: Int { data.order.batchCount }

  var dataFingerprint: String {
    var run = RunDescription()
    run.add("data", data.set.fingerprint)
    run.add("anchors", data.anchors?.dataFingerprint)
    run.add("validation", validation?.dataFingerprint)
    return run.fingerprint
  }

  func batches(from position: DataPosition) throws -> BatchLoader {
    try data.loader(from: position, group: group)
  }

  func losses(of batch: Batch) throws -> LossTerms {
    try objective(data.batch(of: batch.items), anchors: data.anchors, at: batch.position, pass)
  }

  func validate(_ snapshot: Checkpoint) throws -> ValidationResult {
    guard let validation else { throw CancellationError() }
    return try validation(snapshot).validation
  }
}

extension FineTuningRecipe.Trainable {
  /// Tells the parameters that move; with changes of low rank these are the changes alone.
  ///
  /// - Throws: ``FineTuningError/tooManyLayers(asked:layers:)``.
  func names(in tower: TransformerConfiguration) throws -> (String) -> Bool {
    switch self {
    case .all: return { $0.hasPrefix("text") }
    case .lora: return { _ in false }
    case .lastLayers(let count):
      guard count <= tower.layers else {
        throw FineTuningError.tooManyLayers(asked: count, layers: tower.layers)
      }
      // What layers share is stored under the first of them.
      let sharing = max(1, tower.sharing)
      let first = (tower.layers - count) / sharing * sharing
      let layers = (first..<tower.layers).map { "text_model.encoder.layers.\($0)." }
      return { name in
        name.hasPrefix("text_model.final_layer_norm") || name.hasPrefix("text_projection")
          || layers.contains(where: name.hasPrefix)
      }
    }
  }
}
