import CLIP
import Foundation
import ModelSupport
import TestSupport
import Testing

@Suite struct TrunkConfigurationTests {
  /// Parameters that timm 1.0.31 counts in `create_model(name, num_classes=0)`: batch norms' statistics are not among them.
  @Test(arguments: [
    (ConvolutionalTrunk.Architecture.efficientNetLite0, 3_371_008), (.efficientNetLite1, 4_135_680),
    (.efficientNetLite2, 4_811_072), (.efficientNetLite3, 6_916_096), (.efficientNetLite4, 11_725_568),
  ])
  func everyLiteHasTheParametersOfTimm(_ architecture: ConvolutionalTrunk.Architecture, _ count: Int) {
    let shapes = ConvolutionalTrunk(architecture).parameterShapes.filter { !StemNames.isStatistic($0.name) }
    #expect(shapes.reduce(0) { $0 + $1.shape.reduce(1, *) } == count)
  }

  @Test func stagesAndHeadDecideTheMap() {
    let whole = ConvolutionalTrunk(.efficientNetLite2)
    #expect(whole.channels == 1_280 && whole.stride == 32 && whole.side(ofImage: 260) == 9)
    let part = ConvolutionalTrunk(.efficientNetLite0, stages: 5)
    #expect(!part.hasHead && part.channels == 112 && part.stride == 16 && part.side(ofImage: 224) == 14)
  }

  static let text = TextConfiguration(
    transformer: TransformerConfiguration(width: 8, layers: 1, heads: 2, mlpWidth: 16, activation: .gelu),
    vocabularySize: 10, contextLength: 6, endOfText: .firstID(9))

  /// Towers that go through `config.json` and come back.
  static let towers: [VisionConfiguration] = [
    VisionConfiguration(trunk: ConvolutionalTrunk(.efficientNetLite0), imageSize: 224),
    VisionConfiguration(
      trunk: ConvolutionalTrunk(
        .efficientNetLite2, stages: 6, hasHead: true, projection: .mlp, hasProjectionBias: true),
      imageSize: 90, activation: .quickGELU),
    VisionConfiguration(
      transformer: TransformerConfiguration(
        width: 48, layers: 4, heads: 4, mlpWidth: 96, activation: .gelu, sharing: 2, talkingHeads: true),
      imageSize: 64, patchSize: 32, trunk: ConvolutionalTrunk(.efficientNetLite1, stages: 5)),
  ]

  @Test(arguments: towers)
  func aFolderKeepsTheTrunk(_ vision: VisionConfiguration) throws {
    let configuration = CLIPConfiguration(vision: vision, text: Self.text, embeddingWidth: 20)
    #expect(!configuration.isPlain)
    try TestData.withTemporaryFolder { folder in
      let made = try TrunkModel.checkpoint(configuration)
      let output = folder.appendingPathComponent("model")
      _ = try CheckpointWriter.write(made, to: output, storage: .float32)
      let opened = try Checkpoint.open(at: output)
      #expect(opened.configuration == configuration)
      #expect(opened.fingerprint() == made.fingerprint())
      #expect(Set(opened.tensors.keys) == Set(configuration.parameterShapes.map(\.name)))
    }
  }

  @Test(arguments: [
    (#""trunk": "efficientnet_b0""#, "vision_config.trunk should be efficientnet_lite0, "),
    (#""trunk": "efficientnet_lite0", "trunk_stages": 0"#, "vision_config.trunk_stages"),
    (#""trunk": "efficientnet_lite0", "trunk_stages": 8"#, "vision_config.trunk_stages"),
    (#""trunk": "efficientnet_lite0", "trunk_projection": "cubic""#, "linear or mlp"),
    (#""trunk": "efficientnet_lite0", "stem_channels": [8]"#, "nothing beside a trunk"),
    (#""trunk": "efficientnet_lite0", "patch_size": 16"#, "a multiple of 32"),
    (#""trunk": "efficientnet_lite0", "trunk_projection": "mlp""#, "linear without a bias"),
    (#""num_hidden_layers": 0"#, "vision_config.num_hidden_layers"),
  ])
  func whatDescribesNoModelIsRefused(_ keys: String, _ expected: String) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("config.json")
      try Data(#"{"model_type": "plumb_lclip", "vision_config": {\#(keys)}}"#.utf8).write(to: file)
      let error = #expect(throws: CheckpointError.self) { try HuggingFaceConfiguration(file) }
      #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }
  }

  private func openCLIP(_ vision: String) throws -> VisionConfiguration {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("open_clip_config.json")
      try Data(#"{"model_cfg": {"embed_dim": 20, "vision_cfg": \#(vision), "text_cfg": {}}}"#.utf8).write(
        to: file)
      return try OpenCLIPConfiguration(file).configuration.vision
    }
  }

  @Test func openCLIPNamesTimmsTrunks() throws {
    let plain = try openCLIP(#"{"timm_model_name": "tf_efficientnet_lite0.in1k"}"#)
    #expect(plain == VisionConfiguration(trunk: ConvolutionalTrunk(.efficientNetLite0), imageSize: 224))
    let mlp = try openCLIP(
      #"""
      {"timm_model_name": "tf_efficientnet_lite2", "timm_model_pretrained": false, "timm_pool": "avg",
       "timm_proj": "mlp", "timm_proj_bias": true, "image_size": 260, "timm_drop": 0.1}
      """#)
    #expect(mlp.pooledTrunk?.projection == .mlp && mlp.pooledTrunk?.hasProjectionBias == true)
    #expect(mlp.imageSize == 260 && mlp.patchesAcross == 9)
    let classifier = try openCLIP(
      #"{"timm_model_name": "tf_efficientnet_lite1", "timm_pool": "", "timm_proj": ""}"#)
    #expect(
      classifier.pooledTrunk?.projection == .linear && classifier.pooledTrunk?.hasProjectionBias == true)
  }

  @Test(arguments: [
    (#"{"timm_model_name": "efficientnet_lite0"}"#, "of timm's, tf_efficientnet_lite0 to lite4 are read"),
    (#"{"timm_model_name": "tf_efficientnet_b0"}"#, "tf_efficientnet_b0"),
    (#"{"timm_model_name": "tf_efficientnet_lite0", "timm_pool": "abs_attn"}"#, "pools by \"abs_attn\""),
    (#"{"timm_model_name": "tf_efficientnet_lite0", "timm_proj": "none"}"#, "projection \"none\""),
    (#"{"timm_model_name": "tf_efficientnet_lite0", "no_ln_pre": true}"#, "no_ln_pre"),
  ])
  func otherTrunksOfTimmAreNamed(_ vision: String, _ expected: String) {
    let error = #expect(throws: CheckpointError.self) { try openCLIP(vision) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }
}
