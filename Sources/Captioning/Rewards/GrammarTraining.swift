public import CLIP
import CaptionData
public import Foundation
import TextProcessing
public import Training

/// Trains the head of the grammar reward on captions and damaged captions.
public struct GrammarTraining {
  /// What a training ends with.
  public struct Result: Sendable {
    /// The share of held-out captions and damaged captions that are told apart rightly.
    public let accuracy: Double
    /// Captions that were trained on.
    public let captions: Int
  }

  /// The model whose text encoder the head stands on.
  public let embedder: CLIPEmbedder
  /// The width of the hidden layer.
  public var width = 256
  /// The random seed.
  public var seed: UInt64 = 0
  /// Passes over the captions, each with other damage.
  public var rounds = 3
  /// Steps of the optimizer for each round.
  public var steps = 200

  /// Captions of which a twentieth is held out; fewer are refused.
  private static let fewest = 100

  /// Takes a model.
  public init(embedder: CLIPEmbedder) { self.embedder = embedder }

  /// Trains a head and writes it.
  ///
  /// - Parameters:
  ///   - captions: undamaged captions.
  ///   - file: the safetensors file to write.
  ///   - progress: called with what is done, how much, and of how much.
  /// - Throws: ``CaptioningError/noCaptions(source:)``, `TorchError`, `CheckpointError`.
  public func train(
    on captions: [String], torch: Torch, to file: URL, progress: (String, Int, Int) -> Void = { _, _, _ in }
  ) throws -> Result {
    let tokens = PTBTokenizer().tokenize(captions).filter { $0.count >= 3 }
    guard tokens.count >= Self.fewest else {
      throw CaptioningError.badOption(
        name: "the number of captions with three words or more", expected: "at least \(Self.fewest)",
        found: "\(tokens.count)")
    }
    let vocabulary = CaptionVocabulary(captions: tokens, minimum: 2).words
    let damage = DamagedCaption(words: Array(vocabulary.dropFirst(CaptionVocabulary.specials.count)))
    let held = tokens.indices.filter { $0 % 20 == 0 }
    let trained = tokens.indices.filter { $0 % 20 != 0 }
    try torch.seed(seed)
    let head = try Layers(inputs: embedder.dimension, width: width, torch: torch)
    let optimizer = try AdamW(head.all, torch: torch, decay: 0.01)
    for round in 0..<rounds {
      let (embeddings, labels) = try examples(tokens, trained, damage, round: round) {
        progress("captions of round \(round + 1)", $0, $1)
      }
      for step in 0..<steps {
        var random = DataRandom(seed: seed, epoch: round * steps + step, purpose: .order)
        let batch = (0..<512).map { _ in random.below(labels.count) }
        let x = try torch.tensor(embeddings.values(of: batch), [batch.count, embedder.dimension])
        let y = try torch.tensor(batch.map { labels[$0] }, [batch.count])
        // −log σ(z) for a caption, −log(1 − σ(z)) for a damaged one, as −log σ of ±z.
        let z = try head(x) * (y * 2 - 1)
        let loss = try -(z.sigmoid().atLeast(1e-7).log().mean())
        try loss.backward()
        try optimizer.update(rate: 2e-3 * (1 - 0.9 * Double(round * steps + step) / Double(rounds * steps)))
        try torch.clearGradients(head.all.map(\.tensor))
      }
      progress("rounds", round + 1, rounds)
    }
    let (embeddings, labels) = try examples(tokens, held, damage, round: rounds) { _, _ in }
    let found = try torch.withoutGradients {
      try head(torch.tensor(embeddings.values, [labels.count, embedder.dimension])).floats()
    }
    try write(head, to: file)
    let right = zip(found, labels).filter { ($0 > 0) == ($1 > 0.5) }.count
    return Result(accuracy: Double(right) / Double(labels.count), captions: trained.count)
  }

  /// The embeddings of captions and of their damaged forms, with 1 for the former.
  private func examples(
    _ tokens: [[String]], _ indices: [Int], _ damage: DamagedCaption, round: Int, progress: (Int, Int) -> Void
  ) throws -> (Embeddings, [Float]) {
    var texts: [String] = []
    var labels: [Float] = []
    for index in indices {
      var random = DataRandom(seed: seed, epoch: round, item: index, purpose: .other)
      guard let damaged = damage(tokens[index], random: &random) else { continue }
      texts += [CaptionVocabulary.joined(tokens[index]), CaptionVocabulary.joined(damaged)]
      labels += [1, 0]
    }
    progress(0, texts.count)
    return (try embedder.embedTexts(texts).embeddings, labels)
  }

  private func write(_ head: Layers, to file: URL) throws {
    var stored: [String: StoredTensor] = [:]
    for (name, tensor) in head.all {
      stored[name] = StoredTensor(shape: tensor.shape, floats: try tensor.floats())
    }
    let writer = SafetensorsWriter(
      storage: .float32, metadata: ["encoder_fingerprint": embedder.checkpoint.fingerprint()])
    try writer.replace(file, by: stored)
  }

  /// Two layers in training.
  private struct Layers {
    let all: [(name: String, tensor: Tensor)]

    init(inputs: Int, width: Int, torch: Torch) throws {
      let names = GrammarHead.names
      all = [
        (
          "\(names.first).weight",
          try torch.normal([width, inputs], deviation: 1 / Double(inputs).squareRoot())
        ),
        ("\(names.first).bias", try torch.full(0, [width])),
        ("\(names.second).weight", try torch.normal([1, width], deviation: 1 / Double(width).squareRoot())),
        ("\(names.second).bias", try torch.full(0, [1])),
      ]
      for (_, tensor) in all { try tensor.requireGradient() }
    }

    /// (B, inputs) to logits, (B).
    func callAsFunction(_ x: Tensor) throws -> Tensor {
      try x.linear(all[0].tensor, all[1].tensor).relu().linear(all[2].tensor, all[3].tensor).reshaped([-1])
    }
  }
}
