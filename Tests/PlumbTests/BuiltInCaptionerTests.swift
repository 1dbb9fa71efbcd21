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

  /// A caption that is cut has no word more than one that ends.
  @Test(arguments: [[], ["--sample", "4"]]) func noCaptionIsLongerThanAsked(_ how: [String]) throws {
    let run = try CommandRun(
      ["caption", "generate", "images", "--max-length", "3", "--n-best", "3", "--json"] + how)
    #expect(run.status == 0, "\(run.errors)")
    let images = try JSONValue(parsing: run.output.utf8).object?["images"]?.array ?? []
    let captions = images.flatMap { $0.object?["captions"]?.array ?? [] }.compactMap(\.object)
    #expect(captions.count >= 6)
    for caption in captions {
      let words = caption["caption"]?.string?.split(separator: " ").count ?? 0
      #expect(words <= (caption["finished"]?.bool == true ? 2 : 3), "\(caption)")
    }
  }

  @Test(arguments: [
    (["--max-length", "0"], "--max-length must be from 2 to 512."),
    (["--max-length", "4", "--min-length", "4"], "above --min-length"),
    (["--temperature", "0.8"], "give it too"), (["--top-k", "5"], "give it too"),
    (["--sample", "2", "--temperature", "nan"], "--temperature must be from 0.001 to 100."),
    (["--sample", "2", "--top-p", "2"], "--top-p must be from 0 to 1."),
    (["--num-beams", "2", "--n-best", "3"], "--n-best must be from 1 to 2."),
    (["--length-penalty", "11"], "--length-penalty must be from 0 to 10."),
  ])
  func optionsThatMakeNoSenseAreNamed(_ options: [String], message: String) throws {
    let run = try CommandRun(["caption", "generate", "images"] + options)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  /// What cannot be written, or not told apart, is said before any image is described.
  @Test func outputsAreCheckedFirst() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["a", "b"] {
        try CommandRun.copyExampleImages(1, into: folder.appendingPathComponent(name, isDirectory: true))
      }
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("folder.json"), withIntermediateDirectories: false)
      for (output, part) in [
        ("x.json", "a/0.jpg and b/0.jpg are both \"0\""), ("folder.json", "this is a folder"),
      ] {
        let run = try CommandRun(["caption", "generate", "a", "b", "--output", output], in: folder)
        #expect(run.isOneSentence(about: part), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/\(output).partial"))
      }
      let table = try CommandRun(["caption", "generate", "a", "b", "--output", "x.csv"], in: folder)
      #expect(table.status == 0, "\(table.errors)")
    }
  }

  /// The first 60 of Flickr8k's test images: of all 1,000 the card's CIDEr is .637.
  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func itDescribesFlickr8kAsItsCardSays() throws {
    let data = try #require(TestData.shared).appendingPathComponent("flickr8k")
    let fixture = TestData.fixtures().appendingPathComponent("flickr8k_captions.tsv")
    // Made by this command in float32 on an AMD EPYC.
    let expected = try String(contentsOf: fixture, encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: "\t").map(String.init) }
    try #require(expected.count == 60 && expected.allSatisfy { $0.count == 2 })
    let names = Set(expected.map { $0[0][...] })
    let all = try String(contentsOf: data.appendingPathComponent("Flickr8k.token.txt"), encoding: .utf8)
    let references = all.split(separator: "\n").filter { names.contains($0.prefix { $0 != "#" }) }
    try #require(references.count == 300)
    try TestData.withTemporaryFolder { folder in
      try Data(references.joined(separator: "\n").utf8)
        .write(to: folder.appendingPathComponent("references.txt"))
      let images = expected.map { data.appendingPathComponent("images/\($0[0])").path }
      let run = try CommandRun(
        ["caption", "generate"] + images + ["--precision", "f32", "--output", "results.json"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let results = try JSONValue(parsing: Data(contentsOf: folder.appendingPathComponent("results.json")))
        .array
      let captions = try #require(results).compactMap { $0.object?["caption"]?.string }
      try #require(captions.count == 60)
      // Another machine rounds otherwise, which changes a caption where two are as good; a greedy decoder changes 32, bytes 9.
      let same = zip(captions, expected).count { $0 == $1[1] }
      #expect(same >= 55, "\(same) of 60")
      let score = try CommandRun(
        ["score", "results.json", "--references", "references.txt", "--metrics", "cider", "--json"],
        in: folder)
      let corpus = try JSONValue(parsing: score.output.utf8).object?["corpus"]?.object
      let cider = try #require(corpus?["CIDEr"]?.number)
      #expect(abs(cider - 0.6113) < 0.03, "\(cider)")
    }
  }

  @Test func itIsNoCLIPModel() throws {
    let run = try CommandRun(["rank", "images/image1.jpg", "a cat", "a dog", "--model", "captioner"])
    #expect(run.isOneSentence(about: "captioner"), "\(run.errors)")
  }
}
