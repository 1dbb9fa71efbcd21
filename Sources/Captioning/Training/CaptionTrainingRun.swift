import CLIP
import CaptionData
public import Foundation
public import Training

/// Trains a captioner as a recipe says, and goes on where an earlier run of the same recipe stopped.
public final class CaptionTrainingRun {
  /// What a run ends with.
  public struct Result: Sendable {
    /// The folder of the captioner.
    public let model: URL
    /// What was measured of it on the validation images, and after which epoch.
    public let best: ValidationResult?
    /// The epoch, from 1.
    public let epoch: Int?
    /// Parameters of the decoder.
    public let parameterCount: Int
  }

  private let recipe: CaptionRecipe
  private let run: TrainingRun

  /// Opens the device and joins the other processes, where there are any.
  ///
  /// - Throws: `TorchError`, `TrainingError`.
  public init(
    _ recipe: CaptionRecipe, stop: StopRequest? = nil, reports: RunReports = RunReports()
  ) throws {
    self.recipe = recipe
    run = try TrainingRun(recipe.header, stop: stop, reports: reports)
  }

  /// Trains, and writes the captioner of the best validation; nil when the user asked to stop, after the state was saved, and in
  /// all processes but the first.
  ///
  /// - Throws: ``CaptioningError``, `TrainingError`, `TorchError`, `DataError`, `DatasetError`, `CheckpointError`.
  public func train() throws -> Result? {
    let encoder = try Checkpoint.open(at: ModelLocator.resolve(recipe.encoder))
    let description = recipe.description(encoder: encoder.fingerprint())
    let saved = try run.savedStage { _ in description }
    if saved == 1 { return try run.finishedCaptioner() }
    let (data, validation) = try run.group.firstThenOthers { try readData(encoder) }
    for line in data.skipped.lines(first: 3) { run.reports.note(line) }
    let isNamed = !FileManager.default.fileExists(atPath: recipe.encoder)
    let shape = recipe.decoder
    var configuration = CaptionerConfiguration(
      featureSize: encoder.configuration.vision.grid.channels, width: shape.width, layers: shape.layers,
      sharing: shape.sharing, heads: shape.heads, mlpWidth: shape.mlpWidth,
      vocabularySize: data.vocabulary.count,
      maxLength: recipe.maxLength, encoder: isNamed ? recipe.encoder : CaptionerCheckpoint.encoderFolder,
      encoderFingerprint: encoder.fingerprint())
    configuration.lengthPenalty = recipe.sources.generation.lengthPenalty
    let network = try CaptionNetwork(random: configuration, torch: run.torch)
    let model = CaptionModel(
      network: network, vocabulary: data.vocabulary, encoder: isNamed ? nil : encoder)
    let task = try CrossEntropyTask(
      recipe, model: model, data: data, validation: validation, group: run.group)
    let plan = recipe.settings.plan(
      name: "captions", number: 0, batches: task.batchesPerEpoch, isMixed: run.isMixed)
    return try run.captioner(of: task, plan, description: description)
  }

  private func readData(_ encoder: Checkpoint) throws -> (CaptionTrainingData, CaptionValidation?) {
    let embedder = try CLIPEmbedder(encoder, options: CLIPEmbedder.Options(threads: recipe.threads))
    let sources = recipe.sources
    let cache = sources.cache(in: run.folder.url)
    let set = try sources.trainingSet()
    let data = try CaptionTrainingData(
      set,
      features: FeatureStore(
        set, embedder: embedder, views: sources.views, augmentation: sources.augmentation, folder: cache,
        progress: run.reports.preparing),
      vocabulary: nil, minimum: recipe.minWordCount, maxLength: recipe.maxLength,
      captionsPerImage: recipe.captionsPerImage, missingShare: sources.maxSkippedFraction, seed: recipe.seed)
    guard run.isFirst else { return (data, nil) }
    let measured = try sources.validationSet()
    for line in measured.skipped.lines(first: 3) { run.reports.note("validation: \(line)") }
    let validation = CaptionValidation(
      measured,
      features: try FeatureStore(
        measured, embedder: embedder, folder: cache, progress: run.reports.preparing),
      options: sources.generation, threads: recipe.threads)
    return (data, validation)
  }
}

extension CaptionTrainingRun.Result {
  /// What lies in the folder of a finished run. Throws ``CaptioningError/missingResult(path:)``, `CheckpointError`.
  static func finished(
    _ folder: RunFolder, _ best: (result: ValidationResult, epoch: Int)? = nil
  ) throws -> CaptionTrainingRun.Result {
    guard FileManager.default.fileExists(atPath: folder.model.path) else {
      throw CaptioningError.missingResult(path: folder.model.path)
    }
    let captioner = try CaptionerCheckpoint(contentsOf: folder.model)
    return CaptionTrainingRun.Result(
      model: folder.model, best: best?.result, epoch: best?.epoch,
      parameterCount: captioner.configuration.parameterCount)
  }
}

extension TrainingRun {
  /// What an earlier run has written, which says that nothing is trained: captions that have changed since would be looked for in it.
  func finishedCaptioner() throws -> CaptionTrainingRun.Result? {
    guard isFirst else { return nil }
    reports.note(
      "this run is finished, and nothing is trained; for changed captions or images take another output")
    return try .finished(folder)
  }

  /// Trains a task, which is all of the run, and writes the captioner that comes of it; nil as ``CaptionTrainingRun/train()`` gives it.
  func captioner(
    of task: some CaptionTrainingTask, _ plan: StagePlan, description: RunDescription
  ) throws -> CaptionTrainingRun.Result? {
    guard let result = try train(task, plan, description: description) else { return nil }
    if let captioner = result.snapshot { try folder.replace(folder.model) { try captioner.write(to: $0) } }
    try saveStart(ofStage: 1, task.parameters, description: description)
    try group.barrier()
    return isFirst ? try .finished(folder, result.best) : nil
  }
}
