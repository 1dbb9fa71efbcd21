import CLIP
import Foundation
import TestSupport
import Training

/// A batch with the losses, gradients and steps that PyTorch makes of it; see `Fixtures/make_steps.py`.
package struct StepGolden {
  /// The checkpoints that it is made for.
  package static let models = ["huggingface", "lclip", "lclip-causal", "lclip-stem", "lclip-stem-blocks"]

  /// What is kept of a tensor.
  package struct Trace: Decodable {
    package let norm: Double
    package let some: [Double]
    package let wave: Double

    /// How far a tensor is from it.
    package func difference(_ numbers: [Float]) -> Double {
      let values = numbers.map(Double.init)
      let length = values.map { $0 * $0 }.reduce(0, +).squareRoot()
      let product = values.enumerated().map { $1 * cos(0.7 * Double($0) + 0.3) }.reduce(0, +)
      let places = [0, values.count / 2, values.count - 1]
      let entries = zip(places, some).map { abs(values[$0] - $1) }
      return (entries + [abs(length - norm), abs(product - wave)]).max() ?? 0
    }
  }

  package struct Model: Decodable {
    package struct Steps: Decodable {
      package let losses: [Double]
      package let norms: [Double]
    }

    let pixels: String
    package let side: Int
    let ids: [[Int32]]
    let teacher_image: [Float]
    let teacher_text: [Float]
    package let losses: [String: Double]
    package let loss: Double
    package let gradients: [String: Trace]
    package let steps: Steps
    package let after: [String: Trace]
  }

  package struct Optimizer: Decodable {
    package let steps: Int
    package let warm_up: Int
    package let peak: Double
    package let decay: Double
    package let limit: Double
  }

  private struct File: Decodable {
    let weights: [String: Double]
    let optimizer: Optimizer
    let models: [String: Model]
  }

  package let torch: Torch
  package let name: String
  package let golden: Model
  package let optimizer: Optimizer
  package let weights: [String: Double]

  package init(_ name: String, torch: Torch) throws {
    let url = TestData.fixtures(#filePath.replacing("/TrainingSupport/", with: "/TrainingTests/"))
      .appendingPathComponent(
        "steps.json")
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
    guard let golden = file.models[name] else { throw CocoaError(.coderValueNotFound) }
    self.torch = torch
    self.name = name
    self.golden = golden
    optimizer = file.optimizer
    weights = file.weights
  }

  package func network() throws -> CLIPNetwork {
    try CLIPNetwork(Checkpoint.open(at: TinyModel.folder(name)), torch: torch)
  }

  /// The rows of the batch by a network, those of `part` only where it is given.
  package func rows(_ network: CLIPNetwork, gradCheckpointing: Bool = false, part: Range<Int>? = nil) throws
    -> (
      image: Tensor, text: Tensor
    )
  {
    var pass = ForwardPass()
    pass.gradCheckpointing = gradCheckpointing
    pass.batchNorm = .batch()
    let bytes = [UInt8](Data(base64Encoded: golden.pixels) ?? Data())
    let part = part ?? 0..<golden.ids.count
    let size = 3 * golden.side * golden.side
    let pixels = bytes[(part.lowerBound * size)..<(part.upperBound * size)].map { Float($0) / 127.5 - 1 }
    let image = try network.vision(
      torch.tensor(pixels, [part.count, 3, golden.side, golden.side]), pass)
    let ids = golden.ids[part]
    let text = try network.text(ids: ids.flatMap(\.self), lengths: ids.map(\.count), pass)
    return (image, text)
  }

  /// The teacher's rows.
  package func teacher() throws -> (image: Tensor, text: Tensor) {
    let shape = [golden.ids.count, golden.teacher_image.count / golden.ids.count]
    return (try torch.tensor(golden.teacher_image, shape), try torch.tensor(golden.teacher_text, shape))
  }

  /// The losses of the whole batch by a network.
  package func losses(_ network: CLIPNetwork, gradCheckpointing: Bool = false) throws -> (
    whole: Tensor, parts: [String: Tensor]
  ) {
    let rows = try rows(network, gradCheckpointing: gradCheckpointing)
    return try losses(image: rows.image, text: rows.text, logitScale: network.logitScale)
  }

  /// The losses of rows.
  package func losses(image: Tensor, text: Tensor, logitScale: Tensor) throws -> (
    whole: Tensor, parts: [String: Tensor]
  ) {
    let teacher = try teacher()
    let pairs = try PairBatch(
      images: image, texts: text, teacherImages: teacher.image, teacherTexts: teacher.text,
      captionCounts: golden.ids.map { _ in 1 })
    let parts = [
      "image l1": try TowerLoss.l1(image, teacher.image), "text l1": try TowerLoss.l1(text, teacher.text),
      "image cosine": try TowerLoss.cosine(image, teacher.image),
      "text cosine": try TowerLoss.cosine(text, teacher.text),
      "regulator": try SimilarityRegulator.loss(pairs),
      "contrastive": try ContrastiveLoss.loss(pairs, scale: logitScale.exp()),
    ]
    func part(_ name: String, _ weight: Double) throws -> Tensor {
      guard let value = parts[name] else { throw CocoaError(.coderValueNotFound) }
      return try value * weight
    }
    let tower = weights["tower", default: 0] / 2
    var whole = try part("regulator", weights["regulator", default: 0])
    whole = try whole + part("contrastive", weights["contrastive", default: 0])
    for side in ["image", "text"] {
      whole = try whole + part("\(side) l1", tower * weights["l1", default: 0])
      whole = try whole + part("\(side) cosine", tower * weights["cosine", default: 0])
    }
    return (whole, parts)
  }
}
