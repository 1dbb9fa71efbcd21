import Foundation
import Training

/// A task that has nothing of CLIP: a linear model that chooses one of several actions, is rewarded, and learns from that
/// alone (REINFORCE, Williams 1992).
///
///     L = −mean (r − b) · log π(a | x) − 0.01 · H(π),   a ~ π = softmax(W x + c)
///
/// The baseline b is a running mean of the rewards. It and the generator that actions are drawn from are the task's own
/// state: a run that is killed must go on with both.
package final class BanditTask: TrainingTask {
  /// Some contexts.
  package struct Contexts: TrainingBatch {
    package let position: DataPosition
    package let following: DataPosition
    package let items: [Int]
    package var count: Int { items.count }
  }

  /// Contexts in the order of epochs.
  package final class Source: BatchSource {
    private let order: EpochOrder
    private let epochs: Int
    private var position: DataPosition

    init(_ order: EpochOrder, epochs: Int, from position: DataPosition) {
      self.order = order
      self.epochs = epochs
      self.position = position
    }

    package func next() -> Contexts? {
      guard position.epoch < epochs else { return nil }
      let items = order.epoch(position.epoch).batch(position.batch).map { Int($0) }
      defer { position = order.position(after: position) }
      return Contexts(position: position, following: order.position(after: position), items: items)
    }

    package func stop() {}
  }

  private struct State: Codable {
    var random: DataRandom
    var baseline: Float = 0
  }

  static let (features, actions, items) = (6, 4, 24)
  private let torch: Torch
  private let weight: Tensor
  private let bias: Tensor
  private let contexts: [[Float]]
  private let best: [Int]
  private let order: EpochOrder
  private let epochs: Int
  private var own: State

  package init(_ torch: Torch, seed: UInt64, epochs: Int) throws {
    self.torch = torch
    self.epochs = epochs
    var random = DataRandom(seed: seed, purpose: .other)
    contexts = (0..<Self.items).map { _ in (0..<Self.features).map { _ in random.uniform(in: -1...1) } }
    // The best action is that of the greatest of the first features.
    best = contexts.map { row in row[..<Self.actions].indices.max { row[$0] < row[$1] } ?? 0 }
    weight = try torch.full(0, [Self.actions, Self.features])
    bias = try torch.full(0, [Self.actions])
    order = try EpochOrder(itemCount: Self.items, batchSize: 4, seed: seed)
    own = State(random: DataRandom(seed: seed, item: 1, purpose: .other))
  }

  package var parameters: [TrainingParameter] {
    [TrainingParameter("weight", weight, .trained), TrainingParameter("bias", bias, .trained)]
  }

  package var batchesPerEpoch: Int { order.batchCount }

  package func batches(from position: DataPosition) -> Source {
    Source(order, epochs: epochs, from: position)
  }

  private func logProbabilities(_ items: [Int]) throws -> Tensor {
    try torch.tensor(items.flatMap { contexts[$0] }, [items.count, Self.features]).linear(weight, bias)
      .logSoftmax()
  }

  package func losses(of batch: Contexts) throws -> LossTerms {
    let logs = try logProbabilities(batch.items)
    let numbers = try logs.floats()
    // 1 at the action that was drawn, times the advantage.
    var advantages = [Float](repeating: 0, count: numbers.count)
    for (row, item) in batch.items.enumerated() {
      var left = own.random.unit()
      var action = 0
      while action < Self.actions - 1 {
        left -= exp(numbers[row * Self.actions + action])
        if left < 0 { break }
        action += 1
      }
      let reward: Float = action == best[item] ? 1 : 0
      advantages[row * Self.actions + action] = reward - own.baseline
      own.baseline += 0.05 * (reward - own.baseline)
    }
    var terms = LossTerms()
    let chosen = try (logs * torch.tensor(advantages, logs.shape)).sum() / Double(-batch.count)
    try terms.add("policy", chosen, weight: 1)
    try terms.add("entropy", (logs.exp() * logs).sum() / Double(batch.count), weight: 0.01)
    return terms
  }

  package func snapshot(averages: [String: Tensor]) throws -> [String: [Float]] {
    var model: [String: [Float]] = [:]
    for parameter in parameters {
      model[parameter.name] = try (averages[parameter.name] ?? parameter.tensor).floats()
    }
    return model
  }

  package func write(_ snapshot: [String: [Float]], to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try encoder.encode(snapshot).write(to: folder.appendingPathComponent("model.json"))
  }

  package func read(from folder: URL) throws -> [String: [Float]] {
    try JSONDecoder().decode(
      [String: [Float]].self, from: Data(contentsOf: folder.appendingPathComponent("model.json")))
  }

  package var isValidated: Bool { true }

  /// The reward that a model is to expect.
  package func validate(_ snapshot: [String: [Float]]) throws -> ValidationResult {
    let (weight, bias) = (snapshot["weight"] ?? [], snapshot["bias"] ?? [])
    var sum = 0.0
    for (context, best) in zip(contexts, best) {
      let logits = (0..<Self.actions).map { action in
        Double(bias[action])
          + zip(context, weight[(action * Self.features)...]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      sum += exp(logits[best]) / logits.reduce(0) { $0 + exp($1) }
    }
    return ValidationResult([("reward", sum / Double(contexts.count))], score: sum)
  }

  package func state() throws -> Data { try JSONEncoder().encode(own) }

  package func restore(_ state: Data) throws { own = try JSONDecoder().decode(State.self, from: state) }

  /// Trains a whole run in a folder, or what an earlier process has left of it.
  package static func run(in folder: URL, epochs: Int) throws {
    let run = try TrainingRun(RunHeader(output: folder, seed: 7, threads: 1))
    var description = RunDescription()
    description.add("epochs", epochs)
    guard try run.savedStage({ [description] _ in description }) != 1 else { return }
    let task = try BanditTask(run.torch, seed: run.header.seed, epochs: epochs)
    let steps = epochs * task.batchesPerEpoch / 2
    var plan = StagePlan(
      name: "bandit", number: 0, epochs: epochs,
      learningRate: LearningRateSchedule(peak: 0.1, warmupSteps: 4, totalSteps: steps), weightDecay: 0.01)
    plan.gradAccumulationSteps = 2
    plan.gradClipNorm = 1
    plan.emaDecay = 0.9
    plan.saveEverySeconds = 0
    guard let result = try run.train(task, plan, description: description), let model = result.snapshot else {
      return
    }
    try run.folder.replace(run.folder.model) { try task.write(model, to: $0) }
    try run.saveStart(ofStage: 1, task.parameters, description: description)
  }
}
