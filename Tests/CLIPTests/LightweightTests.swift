import CLIP
import Compute
import Foundation
import TestSupport
import Testing

@Suite struct LightweightTests {
  /// L-CLIP as it was published for ViT-B/32.
  static let published = CLIPConfiguration(
    vision: VisionConfiguration(
      transformer: TransformerConfiguration(
        width: 768, layers: 6, heads: 24, mlpWidth: 3072, activation: .gelu, sharing: 2, talkingHeads: true),
      imageSize: 224, patchSize: 32),
    text: TextConfiguration(
      transformer: TransformerConfiguration(
        width: 768, layers: 4, heads: 12, mlpWidth: 3072, activation: .gelu, sharing: 2, talkingHeads: true,
        hasQueryKeyValueBias: false),
      vocabularySize: 49408, contextLength: 77, endOfText: .firstID(49407), attention: .full,
      embeddingRank: 256),
    embeddingWidth: 512)

  @Test func thePublishedConfigurationHasThePublishedParameters() {
    let counts = Self.published.parameterCounts
    #expect(counts.imageTower == 24_074_496)  // published: 24.07 M
    #expect(counts.textTower == 27_477_376)  // 27.48 M
    #expect(counts.tokenEmbedding == 12_845_056)  // 12.85 M
    #expect(counts.whole == 51_551_873)  // 51.55 M
    var whole = Self.published
    whole.text.embeddingRank = nil
    #expect(whole.parameterCounts.whole == 76_652_161)  // 76.65 M without decomposition
    #expect(Self.published.vision.transformer.blocks == 3)
    #expect(Self.published.text.transformer.blocks == 2)
  }

  @Test func aStemHasTheParametersOfItsConvolutions() {
    var vision = Self.published.vision
    let patches = 768 * 3 * 32 * 32
    vision.stem = [StemStage(channels: 48), StemStage(channels: 96), StemStage(channels: 192, blocks: 1)]
    var whole = Self.published
    whole.vision = vision
    let stem =
      (27 * 48 + 4 * 48) + (9 * 48 * 96 + 4 * 96) + (9 * 96 * 192 + 4 * 192) + 2 * (9 * 192 * 192 + 4 * 192)
    #expect(vision.patchKernel == 4 && vision.patchCount == 49 && !vision.isPlain)
    #expect(
      whole.parameterCounts.imageTower == 24_074_496 - patches + 768 * 192 * 4 * 4 + stem)
    #expect(whole.parameterCounts.textTower == 27_477_376)
  }

  @Test(arguments: ["lclip", "lclip-causal", "lclip-stem", "lclip-stem-blocks"], Precision.allCases)
  func companyAndThreadsDoNotChangeAnEmbedding(_ layout: String, _ precision: Precision) throws {
    let golden = try EngineGolden(layout)
    let texts = try golden.embedTexts(precision, threads: 2)
    let images = try golden.embedImages(precision, threads: 2)
    for threads in [1, 3] {
      let model = try CLIPModel(golden.checkpoint, precision: precision, threads: threads)
      for (row, ids) in golden.tokens.enumerated() {
        let alone = try model.embedTexts([ids], normalized: false)
        #expect(distance(alone[0], texts[row].map(Double.init)) < 1e-11)
      }
      for count in [1, 40] {
        let rows = try model.embedImages(
          count: count, normalization: golden.normalization, normalized: false
        ) { golden.inputs[$0 % golden.images.count] }
        for row in 0..<count {
          #expect(distance(rows[row], images[row % images.count].map(Double.init)) < 1e-11)
        }
      }
    }
  }

  @Test func whatFollowsTheEndOfATextDoesNotMatterWithFullAttentionEither() throws {
    let golden = try EngineGolden("lclip")
    let padded = golden.tokens.map { ids in Array((ids + [5, 7, ids[ids.count - 1]]).prefix(16)) }
    let rows = try CLIPModel(golden.checkpoint, threads: 1).embedTexts(padded)
    for (row, expected) in golden.texts.enumerated() { #expect(distance(rows[row], expected) < 1e-10) }
  }

  @Test func mixersThatAreTheIdentityChangeNothing() throws {
    let golden = try EngineGolden("huggingface")
    var checkpoint = golden.checkpoint
    checkpoint.configuration.vision.transformer.talkingHeads = true
    checkpoint.configuration.text.transformer.talkingHeads = true
    for (name, shape) in checkpoint.configuration.parameterShapes where name.contains("mixer") {
      checkpoint.tensors[name] = StoredTensor(
        shape: shape, floats: (0..<(shape[0] * shape[0])).map { $0 % (shape[0] + 1) == 0 ? 1 : 0 })
    }
    let model = try CLIPModel(checkpoint, threads: 2)
    let texts = try model.embedTexts(golden.tokens)
    let inputs = golden.inputs
    let images = try model.embedImages(count: inputs.count, normalization: golden.normalization) {
      inputs[$0]
    }
    for (row, expected) in golden.texts.enumerated() { #expect(distance(texts[row], expected) < 1e-10) }
    for (row, expected) in golden.images.enumerated() { #expect(distance(images[row], expected) < 1e-10) }
  }

  @Test(arguments: ["lclip", "lclip-causal", "lclip-stem", "lclip-stem-blocks"])
  func aCopyIsTheSameModel(_ layout: String) throws {
    let golden = try EngineGolden(layout)
    #expect(golden.checkpoint.warnings.isEmpty)
    try TestData.withTemporaryFolder { folder in
      let out = folder.appendingPathComponent("copy")
      let storage = try #require(golden.checkpoint.tensors["visual_projection.weight"]).type
      _ = try CheckpointWriter.write(golden.checkpoint, to: out, storage: storage)
      let copy = try Checkpoint.open(at: out)
      #expect(copy.configuration == golden.checkpoint.configuration)
      #expect(copy.fingerprint() == golden.checkpoint.fingerprint())
      let text = try String(contentsOf: out.appendingPathComponent("config.json"), encoding: .utf8)
      #expect(text.contains("plumb_lclip"))
    }
  }

  @Test func whatTokensSeeIsPartOfTheFingerprint() throws {
    var checkpoint = try EngineGolden("lclip").checkpoint
    let before = checkpoint.fingerprint()
    checkpoint.configuration.text.attention = .causal
    #expect(checkpoint.fingerprint() != before)
  }

  @Test(arguments: [
    (#""sharing": 2"#, #""sharing": 3"#, "the vision tower's sharing should be a number that divides"),
    (#""sharing": 2"#, #""sharing": 0"#, "vision_config.sharing"),
    (#""head_mixing": true"#, #""head_mixing": 1"#, "vision_config.head_mixing should be true or false"),
    (#""attention": "full""#, #""attention": "both""#, "text_config.attention should be causal or full"),
    (#""embedding_rank": 10"#, #""embedding_rank": 25"#, "text_config.embedding_rank"),
    (
      #""embedding_rank": 10"#, #""embedding_rank": 9"#,
      "token_embedding.weight should have the shape [100, 9]"
    ),
    (#""sharing": 2"#, #""sharing": 1"#, "lacks"),
    ("plumb_lclip", "clip", "token_embedding.weight should have the shape [100, 24]"),
    ("plumb_lclip", "lclip", "a model of the type"),
  ])
  func aConfigurationThatDoesNotFitIsRefused(_ text: String, _ other: String, _ part: String) throws {
    try refused("lclip", text, other, part)
  }

  @Test(arguments: [
    ("lclip-stem-blocks", "    12,\n", "", "stem_blocks should be a list as long as stem_channels, 2"),
    (
      "lclip-stem-blocks", "    12,\n", "    0,\n",
      "vision_config.stem_channels should be a list of at most 4"
    ),
    (
      "lclip-stem-blocks", "    12,\n", "    1, 1, 1,\n",
      "vision_config.stem_channels should be a list of at most 4"
    ),
    ("lclip-stem-blocks", "    12,\n", "    13,\n", "should have the shape [13, 6, 3, 3]"),
    ("lclip-stem-blocks", "    0,\n", "    1,\n", "lacks 10 tensors"),
    ("lclip-stem-blocks", "    0,\n", "    -1,\n", "vision_config.stem_blocks should be a list of at most 4"),
    (
      "lclip-stem-blocks", #""patch_size": 8"#, #""patch_size": 4"#,
      "the patch size should be a multiple of 8"
    ),
    ("lclip-stem", #""stem_channels": ["#, #""stem_chanels": ["#, "should have the shape [32, 3, 8, 8]"),
  ])
  func aStemThatDoesNotFitIsRefused(_ layout: String, _ text: String, _ other: String, _ part: String) throws
  {
    try refused(layout, text, other, part)
  }

  /// Opens a copy in whose configuration `text` was replaced.
  private func refused(_ layout: String, _ text: String, _ other: String, _ part: String) throws {
    try withCopy(of: layout) { folder in
      let file = folder.appendingPathComponent("config.json")
      let content = try String(contentsOf: file, encoding: .utf8)
      let range = try #require(content.range(of: text))
      try Data(content.replacingCharacters(in: range, with: other).utf8).write(to: file)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      #expect("\(error as Any)".contains(part), "\(error as Any)")
    }
  }

  @Test(arguments: ["lclip", "lclip-stem"])
  func weightsWithoutTheirConfigurationAreNamedForWhatTheyAre(_ layout: String) throws {
    try withCopy(of: layout) { folder in
      try FileManager.default.removeItem(at: folder.appendingPathComponent("config.json"))
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint.open(at: folder, activation: .gelu)
      }
      #expect("\(error as Any)".contains("a lightweight CLIP"))
    }
  }

  @Test func aSpoiltStemIsNoticed() throws {
    var checkpoint = try EngineGolden("lclip-stem").checkpoint
    let name = "vision_model.embeddings.stem.1.conv.weight"
    var floats = try #require(checkpoint.tensors[name]).floats()
    floats[7] = .nan
    checkpoint.tensors[name] = StoredTensor(shape: [16, 8, 3, 3], floats: floats)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.validateFinite() }
    #expect("\(error as Any)".contains(name))
    checkpoint.tensors[name] = nil
    let missing = #expect(throws: ModelError.self) {
      try CLIPModel(checkpoint).embedImages(
        count: 1, normalization: PixelNormalization(table: [Float](repeating: 0, count: 768))
      ) { _ in PreparedImage(height: 32, width: 32, pixels: [UInt8](repeating: 0, count: 3072)) }
    }
    #expect("\(missing as Any)".contains(name))
  }

  private func withCopy(of layout: String, _ body: (URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let source = TestData.fixtures().appendingPathComponent("checkpoint/\(layout)")
      for name in ["config.json", "model.safetensors"] {
        try Data(contentsOf: source.appendingPathComponent(name)).write(
          to: folder.appendingPathComponent(name))
      }
      try body(folder)
    }
  }
}
