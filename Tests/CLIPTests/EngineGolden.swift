import CLIP
import Compute
import Foundation
import TestSupport

/// A tiny checkpoint with the embeddings that a peer computes from it; see `Fixtures/checkpoint/README.md`.
struct EngineGolden {
  let checkpoint: Checkpoint
  let inputs: [PreparedImage]
  let normalization: PixelNormalization
  let tokens: [[Int32]]
  let images: [[Double]]
  let texts: [[Double]]

  /// The layouts of the fixtures.
  static let layouts = [
    "huggingface", "huggingface-bf16", "huggingface-sharded", "huggingface-old", "openclip", "openclip-file",
    "openclip-training", "openai", "lclip", "lclip-causal", "lclip-stem", "lclip-stem-blocks",
  ]

  private struct File: Decodable {
    var activation: String?
    var side: Int
    var pixels: String
    var mean: [Float]
    var std: [Float]
    var token_ids: [[Int32]]
    var image_embeddings: [[Double]]
    var text_embeddings: [[Double]]
  }

  init(_ layout: String) throws {
    let folder = TestData.fixtures().appendingPathComponent("checkpoint/\(layout)", isDirectory: true)
    let file = try JSONDecoder().decode(
      File.self, from: Data(contentsOf: folder.appendingPathComponent("golden.json")))
    checkpoint = try Checkpoint.open(at: folder, activation: file.activation.flatMap(Activation.init))
    let bytes = [UInt8](Data(base64Encoded: file.pixels) ?? Data())
    let size = file.side * file.side * 3
    inputs = stride(from: 0, to: bytes.count, by: size).map {
      PreparedImage(height: file.side, width: file.side, pixels: Array(bytes[$0..<($0 + size)]))
    }
    normalization = PixelNormalization(
      table: (0..<768).map { (Float($0 % 256) / 255 - file.mean[$0 / 256]) / file.std[$0 / 256] })
    tokens = file.token_ids
    images = file.image_embeddings
    texts = file.text_embeddings
  }

  /// The embeddings of the images by a model of this checkpoint.
  func embedImages(_ precision: Precision, threads: Int = 2, normalized: Bool = false) throws
    -> EmbeddedItems
  {
    let inputs = inputs
    return try CLIPModel(checkpoint, precision: precision, threads: threads).embedImages(
      count: inputs.count, normalization: normalization, normalized: normalized
    ) { inputs[$0] }
  }

  /// The embeddings of the texts by a model of this checkpoint.
  func embedTexts(_ precision: Precision, threads: Int = 2, normalized: Bool = false) throws
    -> EmbeddedItems
  {
    try CLIPModel(checkpoint, precision: precision, threads: threads).embedTexts(
      tokens, normalized: normalized)
  }
}

/// `1 − cos` of two vectors.
func distance(_ a: some Sequence<Float>, _ b: [Double]) -> Double {
  var product = 0.0
  var left = 0.0
  var right = 0.0
  for (x, y) in zip(a, b) {
    product += Double(x) * y
    left += Double(x) * Double(x)
    right += y * y
  }
  return 1 - product / (left * right).squareRoot()
}
