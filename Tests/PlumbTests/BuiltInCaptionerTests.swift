import Captioning
import Foundation
import JSON
import TestSupport
import Testing

/// The captioner that comes with Plumb, as a newcomer meets it.
@Suite struct BuiltInCaptionerTests {
  private static let folder = CommandRun.package.appendingPathComponent("Models/captioner")

  @Test func itIsSmallAndWhole() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.folder, includingPropertiesForKeys: [.fileSizeKey])
    let bytes = try files.reduce(0) { try $0 + ($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
    #expect(bytes <= 8_000_000)
    let captioner = try CaptionerCheckpoint(contentsOf: Self.folder)
    #expect(try captioner.openEncoder().fingerprint() == captioner.configuration.encoderFingerprint)
  }

  @Test(arguments: ["f32", "int8"]) func itDescribesTheExampleWithoutADownload(_ precision: String) throws {
    let run = try CommandRun(["caption", "generate", "images", "--precision", precision, "--json"])
    #expect(run.status == 0, "\(run.errors)")
    let document = try JSONValue(parsing: run.output.utf8)
    let captions = document.object?["images"]?.array?.compactMap { $0.object?["caption"]?.string } ?? []
    #expect(captions.count == 2 && captions.allSatisfy { $0.split(separator: " ").count > 3 }, "\(captions)")
    let finished = document.object?["images"]?.array?.allSatisfy { image in
      image.object?["captions"]?.array?.first?.object?["finished"]?.bool == true
    }
    #expect(finished == true)
  }

  @Test func itIsNoCLIPModel() throws {
    let run = try CommandRun(["rank", "images/image1.jpg", "a cat", "a dog", "--model", "captioner"])
    #expect(run.isOneSentence(about: "captioner"), "\(run.errors)")
  }
}
