import CLIP
import Foundation
import TestSupport
import Training

/// A tiny checkpoint of CLIPTests' fixtures, with its images and texts.
package struct TinyModel {
  package let checkpoint: Checkpoint
  package let images: [PreparedImage]
  package let normalization: PixelNormalization
  /// The images as they go into the network, (B, 3, S, S).
  package let pixels: [Float]
  package let side: Int
  package let texts: [[Int32]]

  /// The layouts that hold different architectures.
  package static let layouts = [
    "huggingface", "openai", "openclip", "lclip", "lclip-causal", "lclip-stem", "lclip-stem-blocks",
  ]

  private struct File: Decodable {
    var activation: String?
    var side: Int
    var pixels: String
    var mean: [Float]
    var std: [Float]
    var token_ids: [[Int32]]
  }

  /// The folder of a layout.
  package static func folder(_ layout: String) -> URL {
    TestData.fixtures(#filePath.replacing("/TrainingSupport/", with: "/CLIPTests/"))
      .appendingPathComponent("checkpoint/\(layout)", isDirectory: true)
  }

  package init(_ layout: String) throws {
    let folder = Self.folder(layout)
    let file = try JSONDecoder().decode(
      File.self, from: Data(contentsOf: folder.appendingPathComponent("golden.json")))
    checkpoint = try Checkpoint.open(at: folder, activation: file.activation.flatMap(Activation.init))
    let bytes = [UInt8](Data(base64Encoded: file.pixels) ?? Data())
    side = file.side
    let area = file.side * file.side
    images = stride(from: 0, to: bytes.count, by: area * 3).map {
      PreparedImage(height: file.side, width: file.side, pixels: Array(bytes[$0..<($0 + area * 3)]))
    }
    normalization = PixelNormalization(
      table: (0..<768).map { (Float($0 % 256) / 255 - file.mean[$0 / 256]) / file.std[$0 / 256] })
    pixels = (0..<bytes.count).map { index in
      let channel = index / area % 3
      let byte = bytes[index / (area * 3) * area * 3 + index % area * 3 + channel]
      return (Float(byte) / 255 - file.mean[channel]) / file.std[channel]
    }
    texts = file.token_ids
  }

  /// The images on a device.
  package func batch(_ torch: Torch) throws -> Tensor {
    try torch.tensor(pixels, [images.count, 3, side, side])
  }

  /// What the engine makes of the images and the texts.
  package func engineRows() throws -> (images: [ArraySlice<Float>], texts: [ArraySlice<Float>]) {
    let model = try CLIPModel(checkpoint, threads: 1)
    let inputs = self.images
    let images = try model.embedImages(
      count: inputs.count, normalization: normalization, normalized: false
    ) { inputs[$0] }
    let rows = try model.embedTexts(texts, normalized: false)
    return ((0..<inputs.count).map { images[$0] }, (0..<rows.count).map { rows[$0] })
  }
}

/// `1 − cos` of two vectors.
package func distance(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Double {
  var product = 0.0
  var left = 0.0
  var right = 0.0
  for (x, y) in zip(a, b) {
    product += Double(x) * Double(y)
    left += Double(x) * Double(x)
    right += Double(y) * Double(y)
  }
  return 1 - product / (left * right).squareRoot()
}
