import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointHuggingFaceTests {
  @Test func aFolderOpensWithItsArchitectureAndTensors() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder)
      let checkpoint = try Checkpoint.open(at: folder)
      #expect(checkpoint.configuration.vision.transformer.heads == 3)
      #expect(checkpoint.configuration.text.endOfText == .firstID(9))
      #expect(checkpoint.configuration.embeddingWidth == 4)
      #expect(checkpoint.tensors["text_projection.weight"]?.shape == [4, 8])
      #expect(checkpoint.warnings.isEmpty)
      #expect(checkpoint.source?.layout == .huggingFace)
      #expect(checkpoint.byteCount == 4 * checkpoint.parameterCount)
    }
  }

  @Test func missingTensorsAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { $0.removeAll { $0.name.contains("layers.0.mlp.fc1") } }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      #expect("\(error as Any)".contains("vision_model.encoder.layers.0.mlp.fc1.weight"))
    }
  }

  @Test func aMisshapenTensorIsNamedWithBothShapes() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { tensors in
        for i in tensors.indices where tensors[i].name == "text_projection.weight" {
          tensors[i].shape = [8, 4]
        }
      }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      let text = "\(error as Any)"
      #expect(text.contains("text_projection.weight") && text.contains("[4, 8]") && text.contains("[8, 4]"))
    }
  }

  @Test func aScaleOfItsOwnIsReadAndWritten() throws {
    try TestData.withTemporaryFolder { folder in
      let source = folder.appendingPathComponent("source")
      try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
      let text = TinyModel.configuration.replacing(
        #""projection_dim": 4,"#,
        with: #""projection_dim": 4, "score_offset": 0.15, "reference_offset": 0.3,"#)
      try TinyModel.write(to: source, configuration: text)
      let checkpoint = try Checkpoint.open(at: source)
      let expected = ScoreCalibration(scale: 2.5, offset: 0.15, referenceOffset: 0.3)
      #expect(checkpoint.configuration.scoreCalibration == expected)
      #expect(checkpoint.configuration.isPlain)
      let copy = folder.appendingPathComponent("copy")
      _ = try CheckpointWriter.write(checkpoint, to: copy, storage: .float16)
      #expect(try Checkpoint.open(at: copy).configuration == checkpoint.configuration)
    }
  }

  @Test(arguments: [
    (#""score_scale": 0"#, "score_scale should be a positive number"),
    (#""score_scale": "2""#, "score_scale should be a positive number"),
    (#""score_offset": 1"#, "score_offset should be a number between -1 and 1"),
    (#""reference_offset": [0]"#, "reference_offset should be a number between -1 and 1"),
  ])
  func aScaleThatIsNoneIsRefused(_ key: String, _ part: String) throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(
        to: folder,
        configuration: TinyModel.configuration.replacing(
          #""projection_dim": 4,"#, with: #""projection_dim": 4, \#(key),"#))
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      #expect("\(error as Any)".contains(part), "\(error as Any)")
    }
  }

  @Test func aMissingTemperatureIsTakenFromTheConfiguration() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { $0.removeAll { $0.name == "logit_scale" } }
      let checkpoint = try Checkpoint.open(at: folder)
      #expect(checkpoint.logitScale == 2.6592)
      #expect(checkpoint.warnings.count == 1)
    }
  }
}
