import CLIP
import Foundation
import TestSupport
import Testing

/// A checkpoint in memory gives the embeddings that it gives when it is written and opened.
@Suite struct InMemoryEmbedderTests {
  private static let texts = ["a cat", "two red cars", "a cat", ""]
  private static let folder = TestData.fixtures(#filePath.replacing("/CLIPTests/", with: "/PlumbTests/"))
    .appendingPathComponent("tiny-clip", isDirectory: true)
  private static let images = ["image1.jpg", "image2.jpg"].map {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples/cats-and-dogs/images/\($0)")
  }

  /// The tiny model with other weights, all of them in memory.
  private func changed() throws -> Checkpoint {
    var checkpoint = try Checkpoint.open(at: Self.folder)
    for (name, tensor) in checkpoint.tensors {
      let floats = tensor.floats().enumerated().map { $1 + 0.01 * Float($0 % 7) }
      checkpoint.tensors[name] = StoredTensor(shape: tensor.shape, floats: floats)
    }
    return checkpoint
  }

  @Test func embeddingsAreThoseOfTheWrittenCheckpoint() throws {
    try TestData.withTemporaryFolder { folder in
      let checkpoint = try changed()
      let place = folder.appendingPathComponent("model", isDirectory: true)
      _ = try CheckpointWriter.write(checkpoint, to: place, storage: .float32)
      let both = [
        try CLIPEmbedder(checkpoint, options: CLIPEmbedder.Options(threads: 1)),
        try CLIPEmbedder(opening: place, options: CLIPEmbedder.Options(threads: 1)),
      ]
      let texts = try both.map { try $0.embedTexts(Self.texts).embeddings.values }
      #expect(texts[0] == texts[1])
      let images = try both.map { try $0.embedImages(at: Self.images).embeddings.values }
      #expect(images[0] == images[1])
      #expect(try CLIPEmbedder(opening: Self.folder).embedTexts(Self.texts).embeddings.values != texts[0])
    }
  }

  @Test func preprocessingForAnotherModelIsNoFailureOfAnImage() throws {
    try TestData.withTemporaryFolder { folder in
      let place = folder.appendingPathComponent("model", isDirectory: true)
      try FileManager.default.copyItem(at: Self.folder, to: place)
      let description = place.appendingPathComponent("preprocessor_config.json")
      let larger = try String(contentsOf: description, encoding: .utf8).replacing("16", with: "24")
      try Data(larger.utf8).write(to: description)
      let embedder = try CLIPEmbedder(opening: place)
      for keepGoing in [false, true] {
        #expect(throws: ModelError.otherPreprocessing(expected: 16, height: 24, width: 24)) {
          try embedder.embedImages(at: Self.images, keepGoing: keepGoing)
        }
      }
      #expect(try embedder.embedTexts(Self.texts).embeddings.count == 4)
    }
  }

  @Test func aTowerThatIsNotUsedIsNotLookedAt() throws {
    var checkpoint = try changed()
    let whole = try CLIPEmbedder(checkpoint).embedTexts(Self.texts).embeddings.values
    for name in checkpoint.tensors.keys where name.hasPrefix("vis") { checkpoint.tensors[name] = nil }
    let embedder = try CLIPEmbedder(checkpoint)
    #expect(try embedder.embedTexts(Self.texts).embeddings.values == whole)
    #expect(throws: (any Error).self) { try embedder.embedImages(at: Self.images) }
  }
}
