import CLIP
import Foundation
import TestSupport
import Testing

/// Checkpoints that hold more than the architecture asks for: nothing that counts is left out silently.
@Suite struct CheckpointLeftoverTests {
  typealias Tensors = [(name: String, shape: [Int], values: [Float])]

  /// The tensors of a tiny checkpoint in open_clip's layout, and what open_clip computes with it.
  static let fixture = CheckpointLayoutTests.fixtures.appendingPathComponent("openclip-file")

  static func tensors() throws -> Tensors {
    let file = try SafetensorsFile(fixture.appendingPathComponent("weights.safetensors"))
    return try file.entries.keys.sorted().map { name in
      let tensor = try #require(try file.tensor(name))
      return (name, tensor.shape, tensor.floats())
    }
  }

  static func write(_ tensors: Tensors, to folder: URL) throws -> URL {
    let url = folder.appendingPathComponent("weights.safetensors")
    try SafetensorsBytes.file(tensors).write(to: url)
    return url
  }

  static func distance(_ checkpoint: Checkpoint) throws -> Double {
    try CheckpointGolden(folder: fixture).distance(CheckpointReferenceModel(checkpoint: checkpoint))
  }

  @Test(arguments: [
    "text_model.encoder.layers.0.self_attn.q_proj.gate", "vision_model.encoder.layers.7.mlp.fc1.weight",
    "text_model.embeddings.position_embedding_res.weight", "classifier.weight", "logit_scale2",
  ])
  func aTensorWithoutAPlaceIsRefusedByName(name: String) throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { $0.append((name, [1], [0.5])) }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      guard case .unusedTensors(_, [name]) = error else {
        Issue.record("\(error as Any)")
        return
      }
      let text = "\(error as Any)"
      #expect(text.contains("1 tensor ") && text.contains("without them") && text.contains("Check"))
    }
  }

  @Test func manyTensorsWithoutAPlaceAreCounted() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { tensors in
        for i in 0..<6 { tensors.append(("extra.\(i)", [1], [0])) }
      }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      let text = "\(error as Any)"
      #expect(text.contains("6 tensors") && text.contains("extra.3 and 2 more"))
    }
  }

  @Test func aTensorWithoutAPlaceOfOpenCLIPIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let url = try Self.write(try Self.tensors() + [("prompt_learner.ctx", [1], [1])], to: folder)
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint.open(at: url, activation: .quickGELU)
      }
      #expect("\(error as Any)".contains("prompt_learner.ctx"))
    }
  }

  @Test func harmlessLeftoversAreNoTrouble() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { tensors in
        for name in [
          "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids", "logit_bias",
        ] {
          tensors.append((name, [1], [0]))
        }
      }
      #expect(try Checkpoint.open(at: folder).warnings.isEmpty)
      let harmless = ["attn_mask", "visual.attn_mask", "context_length", "mask1", "mask2", "logit_bias"]
      let url = try Self.write(try Self.tensors() + harmless.map { ($0, [1], [0]) }, to: folder)
      #expect(try Self.distance(Checkpoint.open(at: url, activation: .quickGELU)) < 1e-9)
    }
  }

  @Test(arguments: ["", "module."])
  func longCLIPsTwoPositionTablesBecomeOne(prefix: String) throws {
    try TestData.withTemporaryFolder { folder in
      let rows = 31
      var tensors = try Self.tensors()
      let place = try #require(tensors.firstIndex { $0.name == "positional_embedding" })
      let (width, short) = (tensors[place].shape[1], tensors[place].values)
      // The first positions are the fixture's; rows that the masks take away are far off.
      let first = short + (short.count..<(rows * width)).map { $0 < 20 * width ? Float($0 % 13) / 99 : 50 }
      let second = (0..<(rows * width)).map { $0 < 20 * width ? -50 : Float($0 % 17) / 99 }
      tensors[place] = ("positional_embedding", [rows, width], first)
      tensors.append(("positional_embedding_res", [rows, width], second))
      let url = try Self.write(tensors.map { (prefix + $0.name, $0.shape, $0.values) }, to: folder)
      // The authors' code knows one activation, so none is asked for.
      let checkpoint = try Checkpoint.open(at: url)
      #expect(checkpoint.configuration.text.contextLength == rows)
      #expect(checkpoint.configuration.text.transformer.activation == .quickGELU)
      #expect(checkpoint.parameterCount == checkpoint.configuration.parameterCounts.whole)
      let table = (0..<(rows * width)).map { $0 / width < 20 ? first[$0] : second[$0] }
      let name = "text_model.embeddings.position_embedding.weight"
      #expect(checkpoint.tensors[name]?.floats() == table)
      #expect(try Self.distance(checkpoint) < 1e-9)

      let ids = [58] + (0..<26).map { $0 % 50 + 3 } + [59]
      let expected = CheckpointReferenceModel(checkpoint: checkpoint).embed(ids: ids)
      let found = try CLIPModel(checkpoint, threads: 1).embedTexts([ids.map(Int32.init)], normalized: false)
      for (a, b) in zip(expected, found[0]) { #expect(abs(a - Double(b)) < 1e-4) }

      let report = try CheckpointWriter.write(
        checkpoint, to: folder.appendingPathComponent("out"), storage: .float32)
      #expect(try Checkpoint.open(at: report.folder).tensors[name]?.floats() == table)
    }
  }

  @Test func longCLIPsTablesMustHaveOneShape() throws {
    try TestData.withTemporaryFolder { folder in
      let tensors =
        try Self.tensors() + [("positional_embedding_res", [30, 64], [Float](repeating: 0, count: 1_920))]
      let url = try Self.write(tensors, to: folder)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: url) }
      #expect("\(error as Any)".contains("positional_embedding_res"))
    }
  }
}

/// LoRA weights that lie unmerged beside the weights of a checkpoint.
@Suite struct CheckpointLoRATests {
  private static let layer = "transformer.resblocks.0.mlp.c_fc"
  private static let rank = 2

  /// The tiny checkpoint as peft keeps it: a weight from which the change was taken, and the change.
  private static func split(scale: Float, form: (String) -> String) throws -> CheckpointLeftoverTests.Tensors
  {
    var tensors = try CheckpointLeftoverTests.tensors()
    guard let place = tensors.firstIndex(where: { $0.name == "\(layer).weight" }) else { return [] }
    let (outputs, inputs) = (tensors[place].shape[0], tensors[place].shape[1])
    let down = (0..<(rank * inputs)).map { Float($0 % 7) / 8 - 0.4 }
    let up = (0..<(outputs * rank)).map { Float($0 % 5) / 8 - 0.3 }
    for i in 0..<(outputs * inputs) {
      let (row, column) = (i / inputs, i % inputs)
      let product = (0..<rank).reduce(Float(0)) { $0 + up[row * rank + $1] * down[$1 * inputs + column] }
      tensors[place].values[i] -= scale * product
    }
    tensors[place].name = form("base")
    tensors.append((form("lora_A"), [rank, inputs], down))
    tensors.append((form("lora_B"), [outputs, rank], up))
    return tensors
  }

  private static func peft(_ part: String) -> String {
    part == "base" ? "\(layer).base_layer.weight" : "\(layer).\(part).default.weight"
  }

  @Test(arguments: [
    (#"{"peft_type": "LORA", "r": 2, "lora_alpha": 3}"#, Float(1.5), ""),
    (
      #"{"r": 2, "lora_alpha": 4, "use_rslora": true, "bias": "none", "rank_pattern": {}}"#,
      Float(8).squareRoot(), ""
    ),
    (#"{"r": 2, "lora_alpha": 3}"#, Float(1.5), "base_model.model."),
  ])
  func aKnownScaleMergesThem(configuration: String, scale: Float, prefix: String) throws {
    try TestData.withTemporaryFolder { folder in
      let tensors = try Self.split(scale: scale, form: Self.peft)
      let url = try CheckpointLeftoverTests.write(
        tensors.map { (prefix + $0.name, $0.shape, $0.values) }, to: folder)
      try Data(configuration.utf8).write(to: folder.appendingPathComponent("adapter_config.json"))
      let checkpoint = try Checkpoint.open(at: url, activation: .quickGELU)
      #expect(try CheckpointLeftoverTests.distance(checkpoint) < 1e-9)
      #expect(checkpoint.warnings.contains { $0.contains("merged into 1 layers") })
      let report = try CheckpointWriter.write(
        checkpoint, to: folder.appendingPathComponent("out"), storage: .float32)
      #expect(try CheckpointLeftoverTests.distance(Checkpoint.open(at: report.folder)) < 1e-9)
    }
  }

  @Test(
    arguments: [
      (nil, "adapter_config.json"), (#"{"r": 3, "lora_alpha": 3}"#, "rank 3"),
      (#"{"r": 2, "lora_alpha": 3, "use_dora": true}"#, "use_dora"),
      (#"{"r": 2, "lora_alpha": 3, "alpha_pattern": {"c_fc": 4}}"#, "alpha_pattern"),
      (#"{"r": 2, "lora_alpha": 3, "bias": "lora_only"}"#, "bias"),
      (#"{"r": 2, "peft_type": "LOHA"}"#, "LOHA"),
    ] as [(String?, String)])
  func anUnknownScaleIsRefused(configuration: String?, part: String) throws {
    try TestData.withTemporaryFolder { folder in
      let url = try CheckpointLeftoverTests.write(try Self.split(scale: 1, form: Self.peft), to: folder)
      if let configuration {
        try Data(configuration.utf8).write(to: folder.appendingPathComponent("adapter_config.json"))
      }
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint.open(at: url, activation: .quickGELU)
      }
      let text = "\(error as Any)"
      #expect(text.contains(part) && text.contains("merge_and_unload"), "\(text)")
    }
  }

  @Test(
    arguments: [
      { part in part == "base" ? "\(Self.layer).weight" : "\(Self.layer).\(part)" },
      { part in
        part == "base"
          ? "\(Self.layer).weight" : "\(Self.layer).\(part == "lora_A" ? "lora_down" : "lora_up").weight"
      },
      { part in part == "lora_B" ? "\(Self.layer).lora_B.other.weight" : Self.peft(part) },
    ] as [@Sendable (String) -> String])
  func otherFormsAreRefused(form: @Sendable (String) -> String) throws {
    try TestData.withTemporaryFolder { folder in
      let url = try CheckpointLeftoverTests.write(try Self.split(scale: 1, form: form), to: folder)
      try Data(#"{"r": 2, "lora_alpha": 2}"#.utf8).write(
        to: folder.appendingPathComponent("adapter_config.json"))
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint.open(at: url, activation: .quickGELU)
      }
      guard case .unmergedLoRA = error else {
        Issue.record("\(error as Any)")
        return
      }
    }
  }

  @Test func anAdapterAloneAndOneBesideTheWeightsAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let adapter = try Self.split(scale: 1, form: Self.peft).filter { $0.name.contains("lora_") }
      let bytes = SafetensorsBytes.file(adapter.map { ("base_model.model.\($0.name)", $0.shape, $0.values) })
      try bytes.write(to: folder.appendingPathComponent("adapter_model.safetensors"))
      let alone = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder, activation: .gelu) }
      #expect("\(alone as Any)".contains("the model that they belong to is not there"))
      try TinyModel.write(to: folder)
      let beside = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      #expect("\(beside as Any)".contains("adapter_model.safetensors"))
    }
  }
}
