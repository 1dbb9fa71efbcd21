import CLIP
import Files
public import Foundation
import JSON
import Plotting
public import Training

/// Tunes a text tower as a recipe says, and goes on where an earlier run of the same recipe stopped.
public final class FineTuningRun {
  /// What a run ends with.
  public struct Result: Sendable {
    /// The folder of the model.
    public let model: URL
    /// How far its weights are from the old to the tuned ones.
    public let alpha: Double
    /// What the weights between are worth, from the old to the tuned ones.
    public let curve: [InterpolationPoint]
  }

  private let recipe: FineTuningRecipe
  private let run: TrainingRun

  /// Opens the device and joins the other processes, where there are any.
  ///
  /// - Throws: `TorchError`, `TrainingError`.
  public init(
    _ recipe: FineTuningRecipe, stop: StopRequest? = nil, reports: RunReports = RunReports()
  ) throws {
    self.recipe = recipe
    run = try TrainingRun(recipe.header, stop: stop, reports: reports)
  }

  private var tuned: URL { run.folder.url.appendingPathComponent("tuned", isDirectory: true) }

  /// Trains, measures the weights between the old and the tuned ones, and writes the model; nil when the user asked to stop,
  /// after the state was saved, and in all processes but the first.
  ///
  /// - Throws: ``FineTuningError``, `TrainingError`, `TorchError`, `DataError`, `DatasetError`, `CheckpointError`.
  public func tune() throws -> Result? {
    let begin = try Checkpoint.open(at: ModelLocator.resolve(recipe.model))
    let description = recipe.description(start: begin.fingerprint())
    let saved = try run.savedStage { _ in description }
    let moves = try recipe.trainable.names(in: begin.configuration.text.transformer)
    let validation =
      run.isFirst
      ? try ParaphraseValidation(recipe, folder: run.folder, progress: run.reports.preparing) : nil
    if saved != 1 {
      let task = try ParaphraseTask(recipe, start: begin, moves: moves, validation: validation, run: run)
      let plan = recipe.settings.plan(
        name: "paraphrases", number: 0, batches: task.batchesPerEpoch, isMixed: run.isMixed)
      guard let result = try run.train(task, plan, description: description) else { return nil }
      if let best = result.best { run.reports.note("the model of epoch \(best.epoch) is kept") }
      if let model = result.snapshot { try run.folder.write(model, to: tuned) }
      try run.saveStart(ofStage: 1, task.parameters, description: description)
      try run.group.barrier()
    }
    guard let validation else { return nil }
    guard FileManager.default.fileExists(atPath: tuned.path) else {
      throw FineTuningError.missingResult(path: tuned.path)
    }
    return try finish(WeightInterpolation(from: begin, to: Checkpoint.open(at: tuned)), validation)
  }

  /// Measures the way from the old weights to the tuned ones, and writes the model at the chosen place.
  private func finish(_ way: WeightInterpolation, _ validation: ParaphraseValidation) throws -> Result {
    var alphas = (0...10).map { Double($0) / 10 }
    if let asked = recipe.wiseFTAlpha, !alphas.contains(asked) { alphas = (alphas + [asked]).sorted() }
    var curve: [InterpolationPoint] = []
    for (index, alpha) in alphas.enumerated() {
      curve.append(InterpolationPoint(alpha: alpha, measures: try validation(way(alpha))))
      run.reports.preparing("weights between", index + 1, alphas.count)
    }
    let alpha = recipe.wiseFTAlpha ?? curve.best(maxRecallDrop: recipe.maxRecallDrop)?.alpha ?? 1
    let folder = run.folder
    try folder.write(way(alpha), to: folder.model)
    try AtomicFile.write(
      curve.map { try $0.json.text() + "\n" }.joined(), to: folder.url.appendingPathComponent("curve.jsonl"))
    try AtomicFile.write(
      curve.plot(chosen: alpha).svg, to: folder.url.appendingPathComponent("curve.svg"))
    return Result(model: folder.model, alpha: alpha, curve: curve)
  }
}
