import CLIP
import Captioning
import Foundation
import TestSupport

import Testing
/// A small captioner in plain PyTorch; see `Fixtures/make_captioner.py`.
struct CaptionerGolden {
  struct Caption: Decodable {
    let words: [Int32]
    let log_probability: Double
    let finished: Bool
  }

  struct Document: Decodable {
    /// The words of each caption of each image.
    let captions: [[[Int32]]]
    let loss: Double
    /// Of each caption, in their order.
    let advantages: [Float]
    let self_critical: Double
    /// The captions of each image, by the name of the options.
    let generated: [String: [[Caption]]]
  }

  let model: CaptionerCheckpoint
  let document: Document
  let features: StoredTensor
  let logits: [Float]
  let gradients: [String: [Float]]
  /// The gradient of the token embedding in self-critical training.
  let selfCriticalGradient: [Float]

  init() throws {
    let fixtures = TestData.fixtures()
    model = try CaptionerCheckpoint(contentsOf: fixtures.appendingPathComponent("captioner"))
    document = try JSONDecoder().decode(
      Document.self, from: Data(contentsOf: fixtures.appendingPathComponent("captioner.json")))
    let file = try SafetensorsFile(fixtures.appendingPathComponent("captioner.safetensors"))
    features = try #require(try file.tensor("features"))
    logits = try #require(try file.tensor("logits")).floats()
    var gradients: [String: [Float]] = [:]
    for name in model.tensors.keys { gradients[name] = try file.tensor("gradient.\(name)")?.floats() }
    self.gradients = gradients
    selfCriticalGradient = try #require(try file.tensor("self_critical.token_embedding.weight")).floats()
  }

  /// What the network sees of each caption, and the words that follow.
  var steps: [(inputs: [Int32], targets: [Int32])] {
    document.captions.joined().map {
      CaptionLayout.steps(of: $0, maxLength: model.configuration.maxLength)
    }
  }

  /// The options of the golden, by name.
  static let variants: [String: GenerationOptions] = {
    func options(_ size: Int, _ penalty: Double, _ change: (inout GenerationOptions) -> Void = { _ in })
      -> GenerationOptions
    {
      var options = GenerationOptions()
      options.strategy = .beam(size)
      options.lengthPenalty = penalty
      options.nBest = size
      change(&options)
      return options
    }
    return [
      "greedy": options(1, 0.7), "beam": options(3, 0.7), "no penalty": options(4, 0),
      "no repeat": options(3, 0.7) { $0.noRepeatNGram = 2 },
      "rules": options(5, 1) {
        $0.minLength = 4
        $0.forbiddenEndings = ["w3", "w4", "w5", "w6"]
        $0.bannedWords = ["w10", "w11"]
      },
      "short": options(3, 0.7) { $0.maxLength = 4 },
      "prefix": options(3, 0.7) { $0.prefix = "w8 w9" },
    ]
  }()
}
