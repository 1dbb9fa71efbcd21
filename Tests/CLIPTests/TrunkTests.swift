import CLIP
import Compute
import Foundation
import ModelSupport
import TestSupport
import Testing

@Suite struct TrunkTests {
  @Test(arguments: TrunkGolden.cases + TrunkGolden.hybrids)
  func embeddingsAreThePeers(_ name: String) throws {
    try TestData.withTemporaryFolder { folder in
      let (golden, checkpoint) = try TrunkGolden.open(name, in: folder)
      let images = try TrunkModel.embed(checkpoint, .float32)
      #expect(images.failures.isEmpty && images.count == golden.image_embeddings.count)
      for (row, expected) in golden.image_embeddings.enumerated() {
        #expect(distance(images[row], expected) < 1e-8)
        let longest = expected.map(abs).max() ?? 0
        for (x, y) in zip(images[row], expected) { #expect(abs(Double(x) - y) < 2e-4 * longest) }
      }
      let texts = try CLIPModel(checkpoint, threads: 2).embedTexts(golden.token_ids)
      #expect(distance(texts[0], golden.text_embeddings[0]) < 1e-10)
    }
  }

  @Test(arguments: TrunkGolden.cases + TrunkGolden.hybrids)
  func fewerBitsStayClose(_ name: String) throws {
    try TestData.withTemporaryFolder { folder in
      let (golden, checkpoint) = try TrunkGolden.open(name, in: folder)
      for (precision, limit) in [(Precision.bfloat16, 1e-3), (.int8, 2e-3)] {
        let images = try TrunkModel.embed(checkpoint, precision)
        for (row, expected) in golden.image_embeddings.enumerated() {
          let found = distance(images[row], expected)
          #expect(found < limit, "\(precision) \(row)")
        }
      }
    }
  }

  /// A trunk alone, and one below a transformer.
  static let towers = [
    VisionConfiguration(
      trunk: ConvolutionalTrunk(.efficientNetLite1, stages: 6, projection: .mlp), imageSize: 90),
    VisionConfiguration(
      transformer: TransformerConfiguration(
        width: 48, layers: 2, heads: 4, mlpWidth: 96, activation: .gelu, sharing: 2, talkingHeads: true),
      imageSize: 96, patchSize: 16, trunk: ConvolutionalTrunk(.efficientNetLite0, stages: 4)),
  ]

  @Test(arguments: Precision.allCases, towers)
  func companyAndThreadsDoNotChangeAnEmbedding(_ precision: Precision, _ vision: VisionConfiguration) throws {
    let checkpoint = try TrunkModel.checkpoint(
      CLIPConfiguration(vision: vision, text: TrunkConfigurationTests.text, embeddingWidth: 20))
    let alone = try TrunkModel.embed(checkpoint, precision, threads: 1)
    for threads in [1, 2, 3, 5] {
      for copies in [1, 9] {
        let many = try TrunkModel.embed(checkpoint, precision, threads: threads, copies: copies)
        for row in 0..<many.count {
          #expect(distance(many[row], alone[row % 2].map(Double.init)) < 1e-10)
        }
      }
    }
  }

  @Test func aVarianceBelowZeroIsNamed() throws {
    let vision = VisionConfiguration(trunk: ConvolutionalTrunk(.efficientNetLite0, stages: 2), imageSize: 32)
    var checkpoint = try TrunkModel.checkpoint(
      CLIPConfiguration(vision: vision, text: TrunkConfigurationTests.text, embeddingWidth: 20))
    let name = "vision_model.trunk.blocks.1.0.bn2.running_var"
    checkpoint.tensors[name] = StoredTensor(shape: [96], floats: [Float](repeating: -1, count: 96))
    let error = #expect(throws: ModelError.self) { try TrunkModel.embed(checkpoint, .float32) }
    #expect(error?.description.contains(name) == true)
  }

  @Test func aTensorWithoutAPlaceIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let (golden, _) = try TrunkGolden.open("lite0", in: folder)
      let file = folder.appendingPathComponent("open_clip_model.safetensors")
      try FileManager.default.removeItem(at: file)
      var tensors = golden.tensors()
      let strange = "visual.trunk.blocks.1.0.se.conv_reduce.weight"
      tensors[strange] = StoredTensor(shape: [4, 96, 1, 1], floats: [Float](repeating: 0, count: 384))
      _ = try SafetensorsWriter(storage: .float32).write(tensors, to: file)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      #expect(error?.description.contains(strange) == true)
    }
  }
}
