import CLIP
import CaptionData
import Compute
import Foundation
public import Training

/// Improves a captioner by rewards as a recipe says, and goes on where an earlier run of the same recipe stopped.
public final class SelfCriticalRun {
  private let recipe: SelfCriticalRecipe
  private let run: TrainingRun

  /// Opens the device and joins the other processes, where there are any.
  ///
  /// - Throws: `TorchError`, `TrainingError`.
  public init(
    _ recipe: SelfCriticalRecipe, stop: StopRequest? = nil, reports: RunReports = RunReports()
  ) throws {
    self.recipe = recipe
    run = try TrainingRun(recipe.header, stop: stop, reports: reports)
  }

  /// Trains, and writes the captioner of the best validation; nil when the user asked to stop, after the state was saved, and in
  /// all processes but the first.
  ///
  /// - Throws: ``CaptioningError``, `TrainingError`, `TorchError`, `DataError`, `DatasetError`, `CheckpointError`.
  public func tune() throws -> CaptionTrainingRun.Result? {
    let start = try CaptionerCheckpoint(contentsOf: ModelLocator.resolve(recipe.captioner))
    let encoder = try start.openEncoder()
    let description = recipe.description(captioner: start.fingerprint())
    let saved = try run.savedStage { _ in description }
    if saved == 1 { return try run.finishedCaptioner() }
    let isInside = start.configuration.encoder == CaptionerCheckpoint.encoderFolder
    var configuration = start.configuration
    configuration.lengthPenalty = recipe.sources.generation.lengthPenalty
    var model = CaptionModel(
      network: try CaptionNetwork(start.tensors, configuration, torch: run.torch),
      vocabulary: start.vocabulary,
      encoder: isInside ? encoder : nil)
    model.reward = recipe.rewardFormula
    let task = try run.group.firstThenOthers { try self.task(model, encoder) }
    var plan = recipe.settings.plan(
      name: "rewards", number: 0, batches: task.batchesPerEpoch, isMixed: run.isMixed)
    plan.validatesStart = true
    run.reports.note("reward: \(recipe.rewardFormula)")
    return try run.captioner(of: task, plan, description: description)
  }

  private func task(_ model: CaptionModel, _ encoder: Checkpoint) throws -> SelfCriticalTask {
    let embedder = try CLIPEmbedder(encoder, options: CLIPEmbedder.Options(threads: recipe.threads))
    let sources = recipe.sources
    let cache = sources.cache(in: run.folder.url)
    let set = try sources.trainingSet()
    let data = try CaptionTrainingData(
      set,
      features: FeatureStore(
        set, embedder: embedder, views: sources.views, augmentation: sources.augmentation, folder: cache,
        progress: run.reports.preparing), vocabulary: model.vocabulary, minimum: 1,
      maxLength: model.network.configuration.maxLength, captionsPerImage: 1,
      missingShare: sources.maxSkippedFraction, seed: recipe.seed)
    for line in data.skipped.lines(first: 3) { run.reports.note(line) }
    let frequencies = try RewardModel.documentFrequency(of: set, items: data.items)
    var setup = RewardModel.Setup(
      model: recipe.rewardModel, grammar: try recipe.grammarHead.map(GrammarHead.init),
      documentFrequency: frequencies,
      cache: cache, threads: recipe.threads ?? ProcessInfo.processInfo.activeProcessorCount,
      progress: run.reports.preparing)
    let rewards = try RewardModel(
      recipe.reward, set: set, items: data.items, standardizes: recipe.standardizes, setup)
    var validation: SelfCriticalValidation?
    if run.isFirst {
      let measured = try sources.validationSet()
      for line in measured.skipped.lines(first: 3) { run.reports.note("validation: \(line)") }
      let captions = CaptionValidation(
        measured,
        features: try FeatureStore(
          measured, embedder: embedder, folder: cache, progress: run.reports.preparing),
        options: sources.generation, threads: recipe.threads)
      let rewarded = try RewardModel(recipe.reward, set: measured, items: captions.items, setup)
      let judge = try recipe.judge.map { judge in
        setup.model = judge.model
        let model = try RewardModel(judge.metric, set: measured, items: captions.items, setup)
        return (model, CollapseGuard.Judge(name: judge.name, maxDrop: judge.maxDrop))
      }
      validation = SelfCriticalValidation(
        captions, rewards: rewarded, judge: judge, note: run.reports.note)
    }
    return try SelfCriticalTask(
      recipe, model: model, data: data, rewards: rewards, validation: validation, group: run.group,
      precision: run.isMixed ? .bfloat16 : .float32)
  }
}
