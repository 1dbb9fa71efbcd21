import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointWriterTests {
  static let layouts: [(String, Activation?)] = [
    ("huggingface", nil), ("huggingface-bf16", nil), ("huggingface-old", nil), ("openclip", nil),
    ("openclip-file", .quickGELU), ("openclip-training", .gelu), ("openai", nil),
  ]

  private func source(_ layout: String, _ activation: Activation?) throws -> Checkpoint {
    try Checkpoint.open(
      at: CheckpointLayoutTests.fixtures.appendingPathComponent(layout), activation: activation)
  }

  @Test(arguments: layouts)
  func everyLayoutKeepsItsMeaningInOneFolder(layout: String, activation: Activation?) throws {
    try TestData.withTemporaryFolder { folder in
      let original = try source(layout, activation)
      let report = try CheckpointWriter.write(
        original, to: folder.appendingPathComponent("out"), storage: .float32)
      let copy = try Checkpoint.open(at: report.folder)
      #expect(copy.configuration == original.configuration)
      #expect(copy.storage.keys.elementsEqual([.float32]))
      #expect(copy.warnings.isEmpty)
      #expect(report.files.contains("preprocessor_config.json"))
      let golden = try CheckpointGolden(folder: CheckpointLayoutTests.fixtures.appendingPathComponent(layout))
      #expect(golden.distance(CheckpointReferenceModel(checkpoint: copy)) < 1e-9)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out"])
    }
  }

  @Test func aConversionWithoutLossHasTheSameFingerprint() throws {
    try TestData.withTemporaryFolder { folder in
      let original = try source("openclip", nil)
      let report = try CheckpointWriter.write(
        original, to: folder.appendingPathComponent("out"), storage: .float32)
      #expect(try Checkpoint.open(at: report.folder).fingerprint() == original.fingerprint())
      let other = try source("huggingface", nil)
      #expect(original.fingerprint() != other.fingerprint())
      #expect(original.fingerprint().count == 16)
    }
  }

  @Test(arguments: [StorageType.float16, .bfloat16])
  func roundingIsToTheNearest(storage: StorageType) throws {
    try TestData.withTemporaryFolder { folder in
      let original = try source("huggingface", nil)
      let report = try CheckpointWriter.write(
        original, to: folder.appendingPathComponent("out"), storage: storage)
      let copy = try Checkpoint.open(at: report.folder)
      #expect(copy.storage.keys.elementsEqual([storage]))
      for (name, tensor) in original.tensors {
        let half = try #require(copy.tensors[name]).floats()
        for (exact, rounded) in zip(tensor.floats(), half) {
          let unit: Float = storage == .float16 ? 0x1p-11 : 0x1p-8
          #expect(abs(exact - rounded) <= max(abs(exact) * unit, 0x1p-25))
        }
      }
    }
  }

  @Test func numbersTooLargeForHalfAreReported() throws {
    try TestData.withTemporaryFolder { folder in
      var checkpoint = try source("huggingface", nil)
      checkpoint.tensors["text_model.final_layer_norm.bias"] = StoredTensor(
        shape: [24], floats: [70_000] + [Float](repeating: 0, count: 23))
      let report = try CheckpointWriter.write(
        checkpoint, to: folder.appendingPathComponent("out"), storage: .float16)
      #expect(report.warnings.contains { $0.contains("1 numbers") && $0.contains("final_layer_norm.bias") })
    }
  }

  @Test func filesOfTheTokenizerComeAlong() throws {
    try TestData.withTemporaryFolder { folder in
      let from = folder.appendingPathComponent("from")
      try FileManager.default.createDirectory(at: from, withIntermediateDirectories: false)
      try TinyModel.write(to: from)
      try Data("{}".utf8).write(to: from.appendingPathComponent("tokenizer.json"))
      let report = try CheckpointWriter.write(
        try Checkpoint.open(at: from), to: folder.appendingPathComponent("out"), storage: .bfloat16)
      #expect(report.files.contains("tokenizer.json"))
      #expect(report.warnings.isEmpty)
    }
  }

  @Test func aFolderWithFilesOrWithoutAPlaceIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let checkpoint = try source("huggingface", nil)
      try Data().write(to: folder.appendingPathComponent("mine"))
      #expect(throws: CheckpointError.outputExists(path: folder.standardizedFileURL.path)) {
        try CheckpointWriter.write(checkpoint, to: folder, storage: .float32)
      }
      let nowhere = folder.appendingPathComponent("a/b")
      #expect(throws: CheckpointError.self) {
        try CheckpointWriter.write(checkpoint, to: nowhere, storage: .float32)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["mine"])
    }
  }

  @Test func spoiltWeightsAreNamed() throws {
    for type in [StorageType.float32, .float16, .bfloat16] {
      try TestData.withTemporaryFolder { folder in
        var checkpoint = try source("huggingface", nil)
        checkpoint.tensors["text_projection.weight"] = StoredTensor(
          shape: [20, 24], floats: (0..<480).map { $0 == 479 ? .nan : -65_504 })
        let report = try CheckpointWriter.write(
          checkpoint, to: folder.appendingPathComponent("out"), storage: type)
        let error = #expect(throws: CheckpointError.self) {
          try Checkpoint.open(at: report.folder).validateFinite()
        }
        #expect("\(error as Any)".contains("text_projection.weight holds nan at element 479"))
      }
    }
    try source("huggingface-sharded", nil).validateFinite()
  }

  @Test func sixteenBitPatternsKeepTheirValue() {
    for bits in UInt16.min...UInt16.max {
      let half = FloatBits.float(half: bits)
      #expect(half.isNaN ? FloatBits.float(half: FloatBits.half(half)).isNaN : FloatBits.half(half) == bits)
      #expect(half.isNaN || half == Float(Float16(bitPattern: bits)))
      let brain = FloatBits.float(brain: bits)
      #expect(
        brain.isNaN ? FloatBits.float(brain: FloatBits.brain(brain)).isNaN : FloatBits.brain(brain) == bits)
    }
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<200_000 {
      let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator))
      if value.isNaN { continue }
      #expect(FloatBits.half(value) == Float16(value).bitPattern)
    }
  }
}
