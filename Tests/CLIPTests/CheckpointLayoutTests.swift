import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointLayoutTests {
  static let fixtures = TestData.fixtures().appendingPathComponent("checkpoint")

  @Test(arguments: [
    "huggingface", "huggingface-bf16", "huggingface-sharded", "huggingface-old", "openclip", "openclip-file",
    "openclip-training", "openai",
  ])
  func everyLayoutMeansWhatItsPeerComputes(layout: String) throws {
    let folder = Self.fixtures.appendingPathComponent(layout)
    let golden = try CheckpointGolden(folder: folder)
    let checkpoint = try Checkpoint.open(
      at: folder, activation: golden.activation.flatMap(Activation.init(rawValue:)))
    #expect(checkpoint.logitScale == golden.logit_scale)
    let distance = golden.distance(CheckpointReferenceModel(checkpoint: checkpoint))
    #expect(distance < 1e-9, "1 − cosine is \(distance)")
  }

  @Test(arguments: ["openclip-file", "openclip-training"])
  func withoutAConfigurationTheActivationIsAskedFor(layout: String) {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.open(at: Self.fixtures.appendingPathComponent(layout))
    }
    guard case .activationUnknown = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func theOtherActivationIsADifferentModel() throws {
    let folder = Self.fixtures.appendingPathComponent("openclip-file")
    let checkpoint = try Checkpoint.open(at: folder, activation: .gelu)
    let golden = try CheckpointGolden(folder: folder)
    #expect(golden.distance(CheckpointReferenceModel(checkpoint: checkpoint)) > 1e-6)
  }

  @Test func anArchiveOfTorchScriptTellsItsActivationByItsCode() throws {
    let checkpoint = try Checkpoint.open(at: Self.fixtures.appendingPathComponent("openai/tiny.pt"))
    #expect(checkpoint.configuration.vision.transformer.activation == .quickGELU)
    #expect(checkpoint.source?.layout == .openAI)
    #expect(checkpoint.storage.keys.contains(.float16))
  }

  @Test func fusedProjectionsAreWindowsIntoOneTensor() throws {
    let checkpoint = try Checkpoint.open(at: Self.fixtures.appendingPathComponent("openclip"))
    let name = "vision_model.encoder.layers.1.self_attn"
    let query = try #require(checkpoint.tensors["\(name).q_proj.weight"])
    let key = try #require(checkpoint.tensors["\(name).k_proj.weight"])
    #expect(query.bytes.baseAddress.map { $0 + query.bytes.count } == key.bytes.baseAddress)
  }

  @Test(arguments: [
    (["visual.layer1.0.conv1.weight": [1]], "ResNet"),
    (["visual.trunk.patch_embed.proj.weight": [1]], "timm"),
    (["visual.attn_pool.query": [1]], "CoCa"),
    (["text.transformer.embeddings.word_embeddings.weight": [1]], "Hugging Face inside open_clip"),
    (["vision_model.head.probe": [1]], "SigLIP"),
    (["encoder.layer.0.weight": [1]], "encoder.layer.0.weight"),
  ])
  func otherModelsAreNamedAndRefused(tensors: [String: [Int]], what: String) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("weights.safetensors")
      try SafetensorsBytes.file(tensors.map { ($0.key, $0.value, [0]) }).write(to: file)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: file, activation: .gelu) }
      #expect("\(error as Any)".contains(what) && "\(error as Any)".contains("not supported"))
    }
  }
}
