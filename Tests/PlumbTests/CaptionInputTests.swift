import Foundation
import TestSupport
import Testing
import Training

/// Wrong input of `plumb caption train` and `tune`: clear errors, and skips that are counted.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct CaptionInputTests {
  private func run(_ command: String, _ settings: [String], in folder: URL) throws -> CommandRun {
    try CommandRun(["caption", command, "\(command).yaml"] + CaptionRun.set(settings), in: folder)
  }

  private func hasModel(_ folder: URL, _ output: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent("\(output)/model").path)
  }

  /// A file of a model with one other byte near its end.
  private func change(_ file: URL) throws {
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count - 4] ^= 1
    try bytes.write(to: file)
  }

  @Test func imagesWithoutPixelsAndCaptionsWithoutWordsAreSkippedAndListed() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      try Data("no image".utf8).write(to: folder.appendingPathComponent("images/3.jpg"))
      let captions = folder.appendingPathComponent("captions.txt")
      let text = try String(contentsOf: captions, encoding: .utf8)
      try Data(text.replacing(/(?m)^5\.jpg#(\d)\t.*$/, with: { "5.jpg#\($0.1)\t ." }).utf8).write(
        to: captions)
      for (command, output) in [("train", "run"), ("tune", "tuned")] {
        // One image of twelve is more than a hundredth.
        let base = command == "tune" ? ["captioner=good/model"] : []
        let refused = try run(command, base, in: folder)
        #expect(refused.status == 1 && refused.errors.contains("1 of 12 items"), "\(refused.errors)")
        #expect(refused.errors.contains("3.jpg") && refused.errors.contains("max_skipped_fraction"))
        #expect(!hasModel(folder, output))
        let skipped = try run(
          command, base + ["max_skipped_fraction=0.1", "train.epochs=1"], in: folder)
        #expect(skipped.status == 0, "\(skipped.errors)")
        for part in ["3.jpg: ", "5.jpg: no caption has a word in it"] {
          #expect(skipped.errors.contains(part), "\(command): \(skipped.errors)")
        }
        #expect(hasModel(folder, output))
        // Ten images in batches of four.
        #expect(try CaptionRun.values("loss", folder, output).count == 2)
      }
    }
  }

  @Test func captionersWhosePartsDoNotBelongTogetherAreRefused() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      let good = folder.appendingPathComponent("good/model")
      for name in ["words", "encoder"] {
        try FileManager.default.copyItem(at: good, to: folder.appendingPathComponent(name))
      }
      let words = folder.appendingPathComponent("words/words.txt")
      let text = try String(contentsOf: words, encoding: .utf8)
      try Data("\(text)zebra\n".utf8).write(to: words)
      try change(folder.appendingPathComponent("encoder/encoder/model.safetensors"))
      for (captioner, part) in [
        ("words", "use the words.txt that belongs to them"),
        ("encoder", "use the encoder that belongs to it, or train a captioner for this one"),
      ] {
        let generated = try CommandRun(
          ["caption", "generate", "images", "--model", captioner, "--output", "out.json"], in: folder)
        #expect(generated.isOneSentence(about: part), "\(generated.errors)")
        for name in ["out.json", "out.json.partial"] {
          #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path))
        }
        let tuned = try run("tune", ["captioner=\(captioner)"], in: folder)
        #expect(tuned.isOneSentence(about: part), "\(tuned.errors)")
        #expect(!hasModel(folder, "tuned"))
      }
    }
  }

  @Test func aRewardModelWithNaNEndsTheRun() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      let model = folder.appendingPathComponent("damaged")
      try FileManager.default.copyItem(at: URL(fileURLWithPath: ScoreTests.tinyModel), to: model)
      try Self.fillWithNaN("text_projection.weight", in: model.appendingPathComponent("model.safetensors"))
      let tuned = try run(
        "tune", ["captioner=good/model", "reward=clip", "reward_model=damaged"], in: folder)
      #expect(tuned.status == 1 && tuned.errors.contains("not a finite vector"), "\(tuned.errors)")
      #expect(!hasModel(folder, "tuned"))
    }
  }

  /// Replaces a float32 tensor of a safetensors file.
  private static func fillWithNaN(_ name: String, in file: URL) throws {
    var bytes = try Data(contentsOf: file)
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = try #require(
      JSONSerialization.jsonObject(with: bytes[8..<(8 + length)]) as? [String: Any])
    let entry = try #require(header[name] as? [String: Any])
    let offsets = try #require(entry["data_offsets"] as? [Int])
    let nan = withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) { Data($0) }
    for place in stride(from: offsets[0], to: offsets[1], by: 4) {
      bytes.replaceSubrange((8 + length + place)..<(8 + length + place + 4), with: nan)
    }
    try bytes.write(to: file)
  }
}
