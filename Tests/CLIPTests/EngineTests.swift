import CLIP
import Compute
import Foundation
import TestSupport
import Testing

@Suite struct EngineTests {
  @Test(arguments: EngineGolden.layouts)
  func embeddingsAreThePeers(_ layout: String) throws {
    let golden = try EngineGolden(layout)
    let images = try golden.embedImages(.float32)
    let texts = try golden.embedTexts(.float32)
    #expect(images.failures.isEmpty && texts.failures.isEmpty)
    for (row, expected) in golden.images.enumerated() { #expect(distance(images[row], expected) < 1e-10) }
    for (row, expected) in golden.texts.enumerated() { #expect(distance(texts[row], expected) < 1e-10) }
    // Raw rows have the peer's length too.
    let longest = golden.texts.joined().map(abs).max() ?? 0
    for (row, expected) in golden.texts.enumerated() {
      for (x, y) in zip(texts[row], expected) { #expect(abs(Double(x) - y) < 2e-5 * longest) }
    }
  }

  @Test(arguments: EngineGolden.layouts)
  func embeddingsAreThoseOfThePlainReference(_ layout: String) throws {
    let golden = try EngineGolden(layout)
    let reference = ReferenceModel(checkpoint: golden.checkpoint)
    let images = try golden.embedImages(.float32)
    let texts = try golden.embedTexts(.float32)
    for (row, image) in golden.inputs.enumerated() {
      #expect(distance(images[row], try reference.embed(image, golden.normalization)) < 1e-11)
    }
    for (row, ids) in golden.tokens.enumerated() {
      #expect(distance(texts[row], try reference.embed(ids)) < 1e-11)
    }
  }

  @Test(arguments: EngineGolden.layouts)
  func fewerBitsStayClose(_ layout: String) throws {
    let golden = try EngineGolden(layout)
    // These towers are 32 to 96 wide: the errors of so few products do not average out as those of a real model do.
    for (precision, limit) in [(Precision.bfloat16, 1e-4), (.int8, 1e-2)] {
      let images = try golden.embedImages(precision)
      let texts = try golden.embedTexts(precision)
      for (row, expected) in golden.images.enumerated() { #expect(distance(images[row], expected) < limit) }
      for (row, expected) in golden.texts.enumerated() { #expect(distance(texts[row], expected) < limit) }
    }
  }

  @Test(arguments: Precision.allCases)
  func companyAndThreadsDoNotChangeAnEmbedding(_ precision: Precision) throws {
    let golden = try EngineGolden("huggingface")
    let together = try golden.embedTexts(precision, threads: 2)
    for threads in [1, 3] {
      let model = try CLIPModel(golden.checkpoint, precision: precision, threads: threads)
      for (row, ids) in golden.tokens.enumerated() {
        let alone = try model.embedTexts([ids], normalized: false)
        #expect(distance(alone[0], together[row].map(Double.init)) < 1e-11)
      }
      let many = (0..<40).map { $0 % golden.inputs.count }
      let images = try model.embedImages(
        count: many.count, normalization: golden.normalization, normalized: false
      ) { golden.inputs[many[$0]] }
      for row in many.indices {
        #expect(distance(images[row], images[many[row]].map(Double.init)) < 1e-11)
      }
    }
  }

  @Test func equalTextsAreEmbeddedOnceAndEachGetsItsRow() throws {
    let golden = try EngineGolden("huggingface")
    let model = try CLIPModel(golden.checkpoint, threads: 2)
    let order = (0..<100).map { $0 * 7 % golden.tokens.count }
    let rows = try model.embedTexts(order.map { golden.tokens[$0] })
    for (row, text) in order.enumerated() { #expect(distance(rows[row], golden.texts[text]) < 1e-10) }
  }

  @Test func whatFollowsTheEndOfATextDoesNotMatter() throws {
    let golden = try EngineGolden("huggingface")
    let model = try CLIPModel(golden.checkpoint, threads: 1)
    let padded = golden.tokens.map { ids in ids + [Int32](repeating: ids[ids.count - 1], count: 3) }
    let rows = try model.embedTexts(
      padded.map { Array($0.prefix(golden.checkpoint.configuration.text.contextLength)) })
    for (row, expected) in golden.texts.enumerated() { #expect(distance(rows[row], expected) < 1e-10) }
  }

  @Test func anItemThatFailsLeavesTheOthersAlone() throws {
    let golden = try EngineGolden("huggingface")
    let model = try CLIPModel(golden.checkpoint, threads: 2)
    struct Missing: Error {}
    let images = try model.embedImages(count: 9, normalization: golden.normalization) { index in
      if index == 0 || index == 4 { throw Missing() }
      if index == 8 { return PreparedImage(height: 3, width: 2, pixels: [UInt8](repeating: 0, count: 18)) }
      return golden.inputs[index % golden.inputs.count]
    }
    #expect(images.failures.keys.sorted() == [0, 4, 8])
    #expect("\(images.failures[8] as Any)".contains("2×3"))
    #expect(images[4].allSatisfy { $0 == 0 })
    for row in [1, 2, 3, 5, 6, 7] {
      #expect(distance(images[row], golden.images[row % golden.inputs.count]) < 1e-10)
    }

    let texts = try model.embedTexts([[], [1, -1], [1, 999_999], golden.tokens[0]])
    #expect(texts.failures.keys.sorted() == [0, 1, 2])
    #expect("\(texts.failures[2] as Any)".contains("999999"))
    #expect(distance(texts[3], golden.texts[0]) < 1e-10)
  }

  @Test func aTextWithoutAnEndIsAFailure() throws {
    let golden = try EngineGolden("huggingface-bf16")
    let model = try CLIPModel(golden.checkpoint, threads: 1)
    let rows = try model.embedTexts([[1, 2, 3]])
    #expect("\(rows.failures[0] as Any)".contains("end-of-text"))
  }

  @Test func weightsThatAreNotNumbersAreNoticed() throws {
    let golden = try EngineGolden("huggingface")
    for precision in Precision.allCases {
      var checkpoint = golden.checkpoint
      checkpoint.tensors["text_model.encoder.layers.0.mlp.fc1.weight"] = try filled(
        with: .nan, like: #require(checkpoint.tensors["text_model.encoder.layers.0.mlp.fc1.weight"]))
      let rows = try CLIPModel(checkpoint, precision: precision, threads: 1).embedTexts([golden.tokens[0]])
      #expect("\(rows.failures[0] as Any)".contains("not a finite vector"), "\(precision)")
    }
  }

  private func filled(with value: Float, like tensor: StoredTensor) throws -> StoredTensor {
    let buffer = try AlignedBuffer(byteCount: tensor.count * 4)
    buffer.bound(to: Float.self).update(repeating: value, count: tensor.count)
    return StoredTensor(
      shape: tensor.shape, type: .float32,
      bytes: UnsafeRawBufferPointer(start: buffer.start, count: tensor.count * 4), owner: buffer)
  }

  @Test func aMissingOrMisshapenTensorIsNamed() throws {
    let golden = try EngineGolden("huggingface")
    var checkpoint = golden.checkpoint
    checkpoint.tensors["text_model.final_layer_norm.bias"] = nil
    let missing = #expect(throws: ModelError.self) {
      try CLIPModel(checkpoint).embedTexts([golden.tokens[0]])
    }
    #expect("\(missing as Any)".contains("text_model.final_layer_norm.bias"))
    checkpoint.tensors["text_model.final_layer_norm.bias"] = checkpoint.tensors["text_projection.weight"]
    let misshapen = #expect(throws: ModelError.self) {
      try CLIPModel(checkpoint).embedTexts([golden.tokens[0]])
    }
    #expect("\(misshapen as Any)".contains("shape"))
  }
}
