import CLIP
import Files
public import Foundation

/// Tells captions from damaged ones: two layers on the embedding of a text, `sigmoid(w₂ · ReLU(W₁ x + b₁) + b₂)`, and the text tower
/// that was trained with them.
///
/// The grammar reward of CLIP-Caption-Reward (Cho et al. 2022): damaged captions have words that are repeated, dropped, inserted,
/// swapped or shuffled.
public struct GrammarHead: Sendable {
  /// The dimension of the embeddings.
  let inputs: Int
  /// The width of the hidden layer.
  let width: Int
  private let first: [Float]
  private let firstBias: [Float]
  private let second: [Float]
  private let secondBias: Float
  /// The parameters of the text tower.
  let tower: [String: StoredTensor]
  /// The mark of the model whose text tower was trained.
  let encoderFingerprint: String

  static let names = (first: "fc1", second: "fc2")

  /// Opens the file that `plumb caption grammar` has written.
  ///
  /// - Throws: ``CaptioningError/badOption(name:expected:found:)`` for a file that holds no head, `CheckpointError`, `ModelError`.
  public init(contentsOf url: URL) throws {
    let file = try SafetensorsFile(url)
    func tensor(_ name: String) throws -> StoredTensor {
      guard let tensor = try file.tensor(name) else {
        throw CaptioningError.badOption(
          name: "the grammar head", expected: "a file that plumb caption grammar has written",
          found: url.relativePath)
      }
      return tensor
    }
    let weight = try tensor("\(Self.names.first).weight")
    guard weight.shape.count == 2 else {
      throw ModelError.misshapenTensor(
        name: "\(Self.names.first).weight", expected: [0, 0], found: weight.shape)
    }
    (width, inputs) = (weight.shape[0], weight.shape[1])
    first = weight.floats()
    firstBias = try tensor("\(Self.names.first).bias").floats()
    second = try tensor("\(Self.names.second).weight").floats()
    secondBias = try tensor("\(Self.names.second).bias").floats().first ?? 0
    guard firstBias.count == width, second.count == width else {
      throw ModelError.misshapenTensor(
        name: "\(Self.names.second).weight", expected: [1, width], found: [second.count])
    }
    tower = Dictionary(
      uniqueKeysWithValues: try file.entries.keys.filter { $0.hasPrefix("text") }.map { ($0, try tensor($0)) }
    )
    encoderFingerprint = file.metadata["encoder_fingerprint"] ?? ""
  }

  /// The probability that a text of this embedding is undamaged.
  func callAsFunction(_ embedding: ArraySlice<Float>) -> Double {
    let x = Array(embedding)
    var sum = secondBias
    for unit in 0..<width {
      var hidden = firstBias[unit]
      for input in 0..<inputs { hidden += first[unit * inputs + input] * x[input] }
      if hidden > 0 { sum += second[unit] * hidden }
    }
    return 1 / (1 + exp(-Double(sum)))
  }
}

/// The probability that a caption is an undamaged sentence.
final class GrammarReward: CaptionReward {
  private let head: GrammarHead
  private let texts: TextEmbeddings

  /// - Throws: ``CaptioningError/badOption(name:expected:found:)`` without a head,
  ///   ``CaptioningError/otherGrammarModel(expected:found:)`` with that of another model.
  init(_ head: GrammarHead?, embedder: CLIPEmbedder) throws {
    guard let head else {
      throw CaptioningError.badOption(
        name: "grammar_head", expected: "a file that plumb caption grammar has written", found: "not there")
    }
    let found = embedder.checkpoint.fingerprint()
    guard head.encoderFingerprint == found, head.inputs == embedder.dimension else {
      throw CaptioningError.otherGrammarModel(expected: head.encoderFingerprint, found: found)
    }
    self.head = head
    var checkpoint = embedder.checkpoint
    checkpoint.tensors.merge(head.tower) { $1 }
    texts = TextEmbeddings(try CLIPEmbedder(checkpoint, options: embedder.options))
  }

  func scores(_ captions: [RewardedCaption]) throws -> [Double] {
    let embedded = try texts(captions.map(\.text))
    return zip(captions, embedded).map { $0.text.isEmpty ? 0 : head($1[...]) }
  }
}
