import CLIP
import Foundation
import ModelSupport
import TestSupport
import Testing
import Training
import TrainingSupport

/// What timm and PyTorch make of convolutional trunks in training; see `Fixtures/make_trunk_steps.py`.
private struct TrunkStepGolden: Decodable {
  struct Pass: Decodable {
    var embeddings: [[Double]]
    /// None where rounding decides them.
    var gradients: [String: StepGolden.Trace]?
    /// The running statistics after a pass that takes those of the batch.
    var after: [String: StepGolden.Trace]?
  }

  struct Tower: Decodable {
    var running: Pass
    var batch: Pass
  }

  var pooled: Tower
  var hybrid: Tower
  var shallow: Tower

  init() throws {
    let url = TestData.fixtures(#filePath.replacing("/Engine/", with: "/"))
      .appendingPathComponent("trunk_steps.json")
    self = try JSONDecoder().decode(TrunkStepGolden.self, from: Data(contentsOf: url))
  }

  func tower(_ name: String) -> Tower { name == "pooled" ? pooled : name == "hybrid" ? hybrid : shallow }

  static func configuration(_ name: String) -> CLIPConfiguration {
    let text = TransformerConfiguration(width: 24, layers: 1, heads: 3, mlpWidth: 96, activation: .gelu)
    var vision = VisionConfiguration(
      trunk: ConvolutionalTrunk(.efficientNetLite0, projection: .mlp, hasProjectionBias: true), imageSize: 70)
    if name != "pooled" {
      var shape = TransformerConfiguration(width: 48, layers: 4, heads: 4, mlpWidth: 96, activation: .gelu)
      shape.sharing = 2
      shape.talkingHeads = true
      let isWhole = name == "hybrid"
      vision = VisionConfiguration(
        transformer: shape, imageSize: isWhole ? 96 : 48, patchSize: isWhole ? 32 : 8,
        trunk: ConvolutionalTrunk(.efficientNetLite0, stages: isWhole ? 5 : 2, hasHead: false))
    }
    return CLIPConfiguration(
      vision: vision,
      text: TextConfiguration(
        transformer: text, vocabularySize: 60, contextLength: 12, endOfText: .firstID(59)),
      embeddingWidth: 20)
  }
}

extension EngineTests {
  @Suite struct TrunkStepTests {
    @Test(arguments: ["pooled", "hybrid", "shallow"], [false, true])
    func embeddingsAndGradientsArePyTorchs(_ name: String, takesBatch: Bool) throws {
      let golden = try TrunkStepGolden().tower(name)
      let pass = takesBatch ? golden.batch : golden.running
      let torch = try EngineTests.torch()
      let checkpoint = try TrunkModel.checkpoint(TrunkStepGolden.configuration(name))
      let network = try CLIPNetwork(checkpoint, torch: torch)
      let side = checkpoint.configuration.vision.imageSize
      let pixels = TrunkModel.images(side).flatMap { image in
        (0..<3).flatMap { channel in
          stride(from: channel, to: image.pixels.count, by: 3).map {
            Float(Double(image.pixels[$0]) / 255 * 2 - 1)
          }
        }
      }
      var forward = ForwardPass()
      forward.batchNorm = takesBatch ? .batch() : .running
      let embeddings = try network.vision(torch.tensor(pixels, [2, 3, side, side]), forward)
      let numbers = try embeddings.floats()
      let expected = pass.embeddings.flatMap(\.self)
      let longest = expected.map(abs).max() ?? 0
      for (found, expected) in zip(numbers, expected) {
        #expect(abs(Double(found) - expected) < 2e-4 * longest)
      }
      let wave = (0..<numbers.count).map { Float(cos(0.7 * Double($0) + 0.3)) }
      try (embeddings * torch.tensor(wave, [2, 20])).sum().backward()
      if let gradients = pass.gradients {
        let wrong = try network.wrongGradients(gradients)
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
      }
      for (name, trace) in pass.after ?? [:] {
        let off = trace.difference(try network.parameters(name).floats())
        #expect(off < 1e-4 * trace.norm, "\(name)")
      }
      if !takesBatch {
        // Running statistics are not touched, and the engine gives the same embeddings.
        for (name, tensor) in network.parameters.all where StemNames.isStatistic(name) {
          #expect(try tensor.floats() == TrunkModel.values(name, tensor.shape))
        }
        let engine = try TrunkModel.embed(checkpoint, .float32)
        for (found, own) in zip(engine.embeddings.values, numbers) {
          #expect(abs(found - own) < 4e-4 * Float(longest))
        }
      }
    }

    @Test func statisticsOfSomeNormsStay() {
      let some = BatchNormStatistics.batch(exceptFor: ["vision_model.trunk.blocks.0."])
      #expect(!some.takesBatch("vision_model.trunk.blocks.0.1.bn1"))
      #expect(some.takesBatch("vision_model.trunk.blocks.1.1.bn1"))
      #expect(!BatchNormStatistics.running.takesBatch("vision_model.trunk.bn1"))
    }
  }
}
