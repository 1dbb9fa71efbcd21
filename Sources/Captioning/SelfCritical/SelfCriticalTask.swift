import CLIP
import Compute
import Foundation
import Training

/// Self-critical training of a captioner, as the training loop sees it.
///
/// Each step draws `samples` captions of every image from the model as it is (in the engine, without gradients), rewards them, and
/// makes one pass with gradients over those that differ from their baseline:
///
///     loss = − Σ A · log p(word) / Σ 1,  A = reward − baseline
///
/// over all words up to and with the first end (Rennie et al. 2017, "Self-critical Sequence Training").
final class SelfCriticalTask: CaptionTrainingTask {
  let parameters: [TrainingParameter]
  let isValidated = true
  let model: CaptionModel
  let data: CaptionTrainingData
  private let rewards: RewardModel
  private let recipe: SelfCriticalRecipe
  let order: CaptionOrder
  private let group: ProcessGroup
  /// What captions are drawn in: what the pass with gradients computes products in.
  private let precision: Precision
  /// Process 0 alone has one.
  private let validation: SelfCriticalValidation?

  init(
    _ recipe: SelfCriticalRecipe, model: CaptionModel, data: CaptionTrainingData, rewards: RewardModel,
    validation: SelfCriticalValidation?, group: ProcessGroup, precision: Precision
  ) throws {
    self.recipe = recipe
    self.model = model
    self.data = data
    self.rewards = rewards
    self.validation = validation
    self.group = group
    self.precision = precision
    parameters = model.network.all.map { TrainingParameter($0.name, $0.tensor, .trained) }
    order = try CaptionOrder(data.items, settings: recipe.settings, seed: recipe.seed, group: group)
  }

  var captionValidation: CaptionValidation? { validation?.captions }

  var logHeader: [(name: String, value: String)] { [("reward_formula", recipe.rewardFormula)] }

  func losses(of batch: CaptionBatch) throws -> LossTerms {
    let network = model.network
    let grids = data.grids(batch.items, epoch: batch.position.epoch)
    let (drawn, scores, advantages, seconds) = try sample(batch, grids)
    var terms = LossTerms()
    terms.logged = scores.means + seconds
    let quality = CaptionQuality(
      drawn, endings: model.vocabulary.numbers(of: GenerationOptions.commonForbiddenEndings))
    terms.logged += quality.measures.filter {
      ["rep-2", "no_end", "bad_ending", "mean_length"].contains($0.0)
    }
    .map { (name: $0.0, value: $0.1) }

    if group.worldSize > 1 {
      terms.logged = try terms.logged.map { ($0.name, try group.sum($0.value) / Double(group.worldSize)) }
    }
    // Images whose samples are all rewarded alike teach nothing.
    let count = recipe.samples
    let taught = batch.items.indices.filter { image in
      (0..<count).contains { advantages[image * count + $0] != 0 }
    }
    let words = Double(drawn.reduce(0) { $0 + $1.length })
    let allWords = group.worldSize > 1 ? try group.sum(words) : words
    guard !taught.isEmpty, allWords > 0 else {
      try terms.add("self_critical", network.all[0].tensor.sum() * 0, weight: 1)
      return terms
    }
    let rows = taught.flatMap { image in (0..<count).map { image * count + $0 } }
    var inputs: [[Int32]] = []
    var targets: [Int32] = []
    var weights: [Float] = []
    for row in rows {
      let caption = drawn[row]
      let next = caption.words + (caption.isFinished ? [CaptionVocabulary.end] : [])
      inputs.append([CaptionVocabulary.begin] + next.dropLast())
      targets += next
      weights += next.map { _ in Float(advantages[row]) }
    }
    let torch = network.torch
    let layout = try CaptionLayout(inputs, counts: taught.map { _ in count }, torch: torch)
    let size = grids.count / max(1, batch.count)
    let shown = taught.flatMap { grids[$0 * size..<($0 + 1) * size] }
    let logits = try network.logits(
      features: torch.tensor(
        shown, [taught.count, data.features.cells, network.configuration.featureSize]),
      captions: layout, dropout: dropout)
    try terms.add(
      "self_critical",
      CaptionLosses.selfCritical(
        recipe.temperature == 1 ? logits : logits * (1 / recipe.temperature), words: targets,
        advantages: weights, count: allWords, excluding: CaptionVocabulary.neverWritten), weight: 1)
    return terms
  }

  private var dropout: CaptionNetwork.Dropout {
    CaptionNetwork.Dropout(layers: recipe.dropout, features: recipe.featureDropout)
  }

  /// Draws captions, and what each is worth: image by image, ``SelfCriticalRecipe/samples`` of each.
  private func sample(_ batch: CaptionBatch, _ grids: [Float]) throws -> (
    drawn: [GeneratedCaption], scores: RewardModel.Scores, advantages: [Double],
    seconds: [(name: String, value: Double)]
  ) {
    let network = model.network
    let decoder = try CaptionDecoder(
      network.stored(), network.configuration, precision: precision, threads: recipe.threads)
    var options = GenerationOptions()
    // A seed for each step: resumed runs draw what they would have drawn.
    let step = UInt64(batch.position.epoch * order.batchCount + batch.position.batch)
    options.strategy = .sample(
      recipe.samples,
      .init(temperature: recipe.temperature, seed: recipe.seed &* 0x9E37_79B9_7F4A_7C15 &+ step))
    let clock = ContinuousClock()
    var seconds: [(name: String, value: Double)] = []
    func timed<Result>(_ name: String, _ work: () throws -> Result) rethrows -> Result {
      let began = clock.now
      defer { seconds.append((name, (clock.now - began) / .seconds(1))) }
      return try work()
    }
    let drawn = try timed("sampling_seconds") {
      try captions(decoder, grids, batch.items, options).flatMap(\.self)
    }
    let owners = batch.items.flatMap { [Int](repeating: $0, count: recipe.samples) }
    let scores = try timed("reward_seconds") { try rewards.scores(rewarded(drawn, owners)) }
    guard recipe.baseline == .greedy else {
      return (drawn, scores, RewardBaseline.advantages(scores.total, items: owners), seconds)
    }
    options.strategy = .beam(1)
    let greedy = try captions(decoder, grids, batch.items, options).compactMap(\.first)
    let advantages = RewardModel.advantages(
      scores, over: try rewards.scores(rewarded(greedy, batch.items)), recipe.reward, items: owners,
      standardizes: recipe.standardizes)
    return (drawn, scores, advantages, seconds)
  }

  private func captions(
    _ decoder: CaptionDecoder, _ grids: [Float], _ items: [Int], _ options: GenerationOptions
  ) throws -> [[GeneratedCaption]] {
    let generator = try CaptionGenerator(decoder, vocabulary: model.vocabulary, options: options)
    return try grids.withUnsafeBufferPointer { try generator.captions($0, ids: items) }
  }

  private func rewarded(_ captions: [GeneratedCaption], _ items: [Int]) -> [RewardedCaption] {
    zip(captions, items).map { caption, item in
      RewardedCaption(
        item: item, text: model.vocabulary.text(of: caption.words), isFinished: caption.isFinished)
    }
  }

  func validate(_ snapshot: CaptionerCheckpoint) throws -> ValidationResult {
    guard let validation else { throw CancellationError() }
    return try validation(snapshot)
  }

  /// What was measured before training, which resumed runs compare with too.
  func state() throws -> Data { try validation?.collapse.state() ?? Data() }
  func restore(_ state: Data) throws { try validation?.collapse.restore(state) }
}

extension SelfCriticalRecipe {
  /// The reward and what it is compared with, in words that stand in logs and in the captioner.
  var rewardFormula: String {
    let cooled = temperature == 1 ? "" : " at temperature \(temperature)"
    let parts = standardizes ? "\(reward), each standardised over the samples of an image" : "\(reward)"
    let model = reward.needsModel ? "; model \(rewardModel)" : ""
    return "\(parts)\(model); baseline \(baseline.rawValue) of \(samples) samples\(cooled)"
  }
}
