import CLIP
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  private func huggingFace(_ text: String) throws -> CLIPConfiguration {
    try withFile(text) { try HuggingFaceConfiguration($0).configuration }
  }

  private func openCLIP(_ text: String) throws -> CLIPConfiguration {
    try withFile(text) { try OpenCLIPConfiguration($0).configuration }
  }

  private func withFile<R>(_ text: String, _ body: (URL) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("config.json")
      try Data(text.utf8).write(to: url)
      return try body(url)
    }
  }

  @Test func absentKeysHaveTheDefaultsOfTransformers() throws {
    let base = CLIPConfiguration(
      vision: VisionConfiguration(
        transformer: TransformerConfiguration(
          width: 768, layers: 12, heads: 12, mlpWidth: 3072, activation: .quickGELU), imageSize: 224,
        patchSize: 32),
      text: TextConfiguration(
        transformer: TransformerConfiguration(
          width: 512, layers: 12, heads: 8, mlpWidth: 2048, activation: .quickGELU), vocabularySize: 49408,
        contextLength: 77, endOfText: .firstID(49407)), embeddingWidth: 512)
    #expect(try huggingFace("{}") == base)
    #expect(try huggingFace(#"{"model_type": "clip", "text_config": {}, "vision_config": null}"#) == base)
  }

  @Test func aDictionaryBesideASectionReplacesItWithItsOwnDefaults() throws {
    let read = try huggingFace(
      #"""
      {"text_config": {"hidden_size": 640, "num_attention_heads": 10, "hidden_act": "gelu"},
       "text_config_dict": {"num_hidden_layers": 3, "eos_token_id": 2}, "vision_config_dict": {}}
      """#)
    #expect(read.text.transformer.width == 512)
    #expect(read.text.transformer.layers == 3)
    #expect(read.text.transformer.activation == .quickGELU)
    #expect(read.text.endOfText == .highestID)
  }

  @Test func onlyTheOuterProjectionWidthCounts() throws {
    let read = try huggingFace(#"{"projection_dim": 768, "text_config": {"projection_dim": 512}}"#)
    #expect(read.embeddingWidth == 768)
  }

  @Test func theEndOfTextFollowsTheID() throws {
    #expect(try huggingFace(#"{"text_config": {"eos_token_id": 2}}"#).text.endOfText == .highestID)
    #expect(try huggingFace(#"{"text_config": {"eos_token_id": 7}}"#).text.endOfText == .firstID(7))
    #expect(try huggingFace(#"{"text_config": {"eos_token_id": [7]}}"#).text.endOfText == .firstID(7))
  }

  @Test(arguments: [
    (#"{"model_type": "siglip"}"#, "siglip"),
    (#"{"text_config": {"hidden_act": "gelu_new"}}"#, "gelu_new"),
    (#"{"text_config": {"eos_token_id": [1, 2]}}"#, "text_config.eos_token_id"),
    (#"{"text_config": {"num_attention_heads": 7}}"#, "divides the width 512"),
    (#"{"text_config": {"num_attention_heads": 0}}"#, "num_attention_heads"),
    (#"{"text_config": {"num_hidden_layers": -1}}"#, "num_hidden_layers"),
    (#"{"text_config": {"num_hidden_layers": 1e30}}"#, "num_hidden_layers"),
    (#"{"text_config": {"hidden_size": "512"}}"#, "hidden_size"),
    (#"{"text_config": []}"#, "text_config"),
    (#"{"vision_config": {"patch_size": 33}}"#, "the patch size"),
    (#"{"vision_config": {"image_size": [224, 196]}}"#, "image_size"),
    (#"{"vision_config": {"num_channels": 4}}"#, "4 channels"),
    (#"{"vision_config": {"layer_norm_eps": 0}}"#, "layer_norm_eps"),
    (#"{"projection_dim": 9223372036854775807}"#, "projection_dim"),
    ("[]", "a JSON object"),
    (#"{"a": "#, "the JSON text ends"),
    (#"{"a": nul}"#, "byte"),
  ])
  func aConfigurationThatDescribesNoModelIsRefusedByItsKey(text: String, part: String) {
    let error = #expect(throws: (any Error).self) { try huggingFace(text) }
    #expect(error is CheckpointError || error is FileReadError)
    #expect("\(error as Any)".contains(part) && "\(error as Any)".contains("config.json"), "\(error as Any)")
  }

  /// The numbers of open_clip 3.3.0's `model_configs`.
  @Test(arguments: [
    (#""width": 768, "patch_size": 32"#, 12, 3072), (#""width": 1024, "patch_size": 14"#, 16, 4096),
    (#""width": 1280, "head_width": 80, "patch_size": 14"#, 16, 5120),
    (#""width": 1408, "head_width": 88, "mlp_ratio": 4.3637, "patch_size": 14"#, 16, 6144),
    (#""width": 1664, "head_width": 104, "mlp_ratio": 4.9231, "patch_size": 14"#, 16, 8192),
    (#""width": 1792, "head_width": 112, "mlp_ratio": 8.5715, "patch_size": 14"#, 16, 15360),
  ])
  func everyPublishedImageTowerIsRead(vision: String, heads: Int, mlpWidth: Int) throws {
    let read = try openCLIP(
      #"{"embed_dim": 512, "vision_cfg": {"image_size": 224, \#(vision)}, "text_cfg": {"width": 512}}"#)
    #expect(read.vision.transformer.heads == heads)
    #expect(read.vision.transformer.mlpWidth == mlpWidth)
    #expect(read.vision.transformer.activation == .gelu)
    #expect(read.text.endOfText == .highestID)
  }

  @Test(arguments: [(768, 12, 3072), (1024, 16, 4096), (1280, 16, 5120), (1408, 16, 6144), (1664, 16, 8192)])
  func shapesAloneTellThePublishedArchitectures(width: Int, heads: Int, mlpWidth: Int) throws {
    let expected = CLIPConfiguration(
      vision: VisionConfiguration(
        transformer: TransformerConfiguration(
          width: width, layers: 2, heads: heads, mlpWidth: mlpWidth, activation: .gelu), imageSize: 224,
        patchSize: 14),
      text: TextConfiguration(
        transformer: TransformerConfiguration(
          width: 1280, layers: 3, heads: 20, mlpWidth: 5120, activation: .gelu), vocabularySize: 49408,
        contextLength: 77, endOfText: .highestID), embeddingWidth: 640)
    let nothing = StoredTensor(shape: [], floats: [])
    let tensors = expected.parameterShapes.map { name, shape in
      (name, StoredTensor(shape: shape, type: .float32, bytes: nothing.bytes, owner: nothing.owner))
    }
    let inferred = try InferredConfiguration(
      Dictionary(uniqueKeysWithValues: tensors), activation: .gelu, file: "weights")
    #expect(inferred.configuration == expected)
  }

  @Test(arguments: [
    (#"{"embed_dim": 1, "vision_cfg": {"layers": [3, 4, 6, 3]}, "text_cfg": {}}"#, "ResNet"),
    (#"{"embed_dim": 1, "vision_cfg": {"timm_model_name": "vit"}, "text_cfg": {}}"#, "timm"),
    (#"{"embed_dim": 1, "vision_cfg": {"pool_type": "avg"}, "text_cfg": {}}"#, "pool_type"),
    (#"{"embed_dim": 1, "vision_cfg": {"ls_init_value": 0.1}, "text_cfg": {}}"#, "ls_init_value"),
    (
      #"{"embed_dim": 1, "vision_cfg": {"act_kwargs": {"approximate": "tanh"}}, "text_cfg": {}}"#,
      "act_kwargs"
    ),
    (#"{"embed_dim": 1, "vision_cfg": {}, "text_cfg": {"hf_model_name": "roberta"}}"#, "roberta"),
    (#"{"embed_dim": 1, "vision_cfg": {}, "text_cfg": {"no_causal_mask": true}}"#, "no_causal_mask"),
    (#"{"embed_dim": 1, "vision_cfg": {}, "text_cfg": {}, "multimodal_cfg": {}}"#, "CoCa"),
    (#"{"vision_cfg": {}, "text_cfg": {}}"#, "embed_dim"),
    (#"{"model_cfg": {"embed_dim": 1, "text_cfg": {}}}"#, "vision_cfg"),
  ])
  func architecturesOfOpenCLIPThatAreNotComputedAreRefused(text: String, part: String) {
    let error = #expect(throws: CheckpointError.self) { try openCLIP(text) }
    #expect("\(error as Any)".contains(part), "\(error as Any)")
  }

  @Test func aConfigurationThatIsTooLongIsNotRead() throws {
    try withFile("{}") { url in
      #expect(truncate(url.path, 1 << 40) == 0)
      let error = #expect(throws: FileReadError.self) { try HuggingFaceConfiguration(url) }
      #expect(error.map { "\($0)".contains("at most 67108864 bytes") } == true)
    }
  }

  @Test func damagedConfigurationsNeverTrap() throws {
    let corpus = [
      Data(TinyModel.configuration.utf8),
      Data(
        #"{"model_cfg": {"embed_dim": 8, "quick_gelu": true, "vision_cfg": {"image_size": [224, 224], "layers": 2, "width": 64, "mlp_ratio": 4.3637, "patch_size": 16, "head_width": 32}, "text_cfg": {"heads": 2, "pool_type": "eos", "norm_kwargs": {"eps": 1e-6}}}}"#
          .utf8),
    ]
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder)
      let url = folder.appendingPathComponent("config.json")
      Fuzzing.run(corpus: corpus) { bytes in
        try bytes.write(to: url)
        _ = try? OpenCLIPConfiguration(url)
        _ = try Checkpoint.open(at: folder)
      }
    }
  }
}
