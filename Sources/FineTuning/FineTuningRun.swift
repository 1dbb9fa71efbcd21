import CLIP
import CaptionData
import Distillation
import Files
public import Foundation
import JSON
import Plotting
public import Training

/// Tunes a text tower as a recipe says, and goes on where an earlier run of the same recipe stopped.
public final class FineTuningRun {
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
  private let reports: Reports
  private let stop: StopRequest?
  private let folder: RunFolder
  private let torch: Torch
  private let group: ProcessGroup

  /// Opens the device and joins the other processes, where there are any.
  ///
  /// - Throws: `TorchError`, `TrainingError`.
  public init(_ recipe: FineTuningRecipe, stop: StopRequest? = nil, reports: Reports = Reports()) throws {
    self.recipe = recipe
    self.reports = reports
    self.stop = stop
    folder = try RunFolder(recipe.output)
    (torch, group) = try ProcessGroup.joined(device: recipe.device, threads: recipe.threads)
  }

  private var tuned: URL { folder.url.appendingPathComponent("tuned", isDirectory: true) }

  /// Trains, measures the weights between the old and the tuned ones, and writes the model; nil when the user asked to stop,
  /// after the state was saved, and in all processes but the first.
  ///
  /// - Throws: ``FineTuningError``, `TrainingError`, `TorchError`, `DataError`, `DatasetError`, `CheckpointError`.
  public func tune() throws -> Result? {
    let begin = try Checkpoint.open(at: ModelLocator.resolve(recipe.model))
    let fingerprint = recipe.fingerprint(of: begin)
    let saved = try TrainingLoop.savedStage(in: folder) { _ in fingerprint }
    let names = try recipe.trainable.names(in: begin.configuration.text.transformer)
    let validation =
      group.rank == 0 ? try ParaphraseValidation(recipe, folder: folder, progress: reports.preparing) : nil
    if saved != 1 {
      guard try train(begin, names, fingerprint: fingerprint, validation) else { return nil }
    }
    guard let validation else { return nil }
    guard FileManager.default.fileExists(atPath: tuned.path) else {
      throw FineTuningError.missingResult(path: tuned.path)
    }
    return try finish(begin, Checkpoint.open(at: tuned), validation)
  }

  /// Whether training came to its end.
  private func train(
    _ begin: Checkpoint, _ moves: (String) -> Bool, fingerprint: String, _ validation: ParaphraseValidation?
  ) throws -> Bool {
    let data = try ParaphraseData(
      recipe, model: begin, folder: folder, group: group, progress: reports.preparing)
    if group.rank == 0 {
      for line in data.set.leftOut.lines(first: 3) { reports.note(line) }
    }
    try torch.seed(recipe.seed)
    var lora: LoRAConfiguration?
    if case .lora(let configuration) = recipe.trainable { lora = configuration }
    let network = try CLIPNetwork(begin, torch: torch, lora: lora, seed: recipe.seed)
    var trained = Set(
      lora == nil ? network.parameters.names.filter(moves) : network.parameters.updateNames)
    if recipe.scale == .learned { trained.insert("logit_scale") }
    let report = group.rank == 0 ? reports.training : Reports().training
    let loop = try TrainingLoop(
      recipe.settings.plan(
        name: "paraphrases", number: 0, batches: data.order.batchCount, isMixed: recipe.isMixed),
      network: network, source: begin, trained: trained, fingerprint: fingerprint, group: group,
      folder: folder, stop: stop, report: report)
    let objective = ParaphraseObjective(recipe: recipe, network: network, data: data, group: group)
    let ending = try loop.run(
      batches: { try data.loader(from: $0, group: self.group) }, batchesPerEpoch: data.order.batchCount,
      objective: { try objective($0) },
      // All processes know that there is a validation; process 0 makes it.
      validate: { checkpoint in
        guard let validation else { throw CancellationError() }
        return try validation(checkpoint).validation
      })
    if ending == .stopped { return false }
    if group.rank == 0 {
      let keeps = recipe.settings.keepsBest && loop.best != nil
      if keeps, let best = loop.best { reports.note("the model of epoch \(best.epoch) is kept") }
      try folder.write(keeps ? Checkpoint.open(at: folder.best) : loop.checkpoint(), to: tuned)
    }
    try loop.finish(next: network, fingerprint: fingerprint)
    try group.barrier()
    return true
  }

  /// Measures the way from the old weights to the tuned ones, and writes the model at the chosen place.
  private func finish(
    _ begin: Checkpoint, _ tuned: Checkpoint, _ validation: ParaphraseValidation
  ) throws -> Result {
    var alphas = (0...10).map { Double($0) / 10 }
    if let asked = recipe.wiseFTAlpha, !alphas.contains(asked) { alphas = (alphas + [asked]).sorted() }
    var curve: [InterpolationPoint] = []
    for (index, alpha) in alphas.enumerated() {
      let measures = try validation(begin.interpolated(to: tuned, alpha: alpha))
      curve.append(InterpolationPoint(alpha: alpha, measures: measures))
      reports.preparing("weights between", index + 1, alphas.count)
    }
    let alpha = recipe.wiseFTAlpha ?? curve.best(maxRecallDrop: recipe.maxRecallDrop)?.alpha ?? 1
    try folder.write(begin.interpolated(to: tuned, alpha: alpha), to: folder.model)
    try AtomicFile.write(
      curve.map { try $0.json.text() + "\n" }.joined(), to: folder.url.appendingPathComponent("curve.jsonl"))
    try AtomicFile.write(
      curve.plot(chosen: alpha).svg, to: folder.url.appendingPathComponent("curve.svg"))
    return Result(model: folder.model, alpha: alpha, curve: curve)
  }
}

extension FineTuningRecipe.Trainable {
  /// Tells the parameters that move; with LoRA these are the changes alone.
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
