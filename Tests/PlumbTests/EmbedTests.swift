import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct EmbedTests {
  private let model = ScoreTests.tinyModel

  private func golden(_ name: String) throws -> [[Double]] {
    let file = TestData.fixtures().appendingPathComponent("tiny_scores.json")
    return try #require(try json(String(contentsOf: file, encoding: .utf8))[name] as? [[Double]])
  }

  private func expectRows(of file: URL, _ expected: [[Double]]) throws {
    let found = try Embeddings(contentsOf: file)
    #expect(found.count == expected.count)
    for (row, numbers) in expected.enumerated() {
      for (a, b) in zip(found[row], numbers) { #expect(abs(Double(a) - b) < 1e-5) }
    }
  }

  @Test func imagesHaveThePeersEmbeddings() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("images.npy")
      let run = try CommandRun(["embed", "images", "images", "--model", model, "--output", file.path])
      #expect(run.status == 0)
      try expectRows(of: file, golden("images"))
    }
  }

  @Test func transparencyCanBeLaidOverWhite() throws {
    let image = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("CLIPTests/Fixtures/image/lossless_alpha.webp").path
    try TestData.withTemporaryFolder { folder in
      let rows = try ["dropped", "white"].map { transparency in
        let file = folder.appendingPathComponent(transparency + ".npy")
        let run = try CommandRun([
          "embed", "images", image, "--model", model, "--output", file.path, "--transparency", transparency,
        ])
        #expect(run.status == 0)
        return try Embeddings(contentsOf: file)[0]
      }
      #expect(rows[0] != rows[1])
    }
  }

  @Test func textsHaveThePeersEmbeddings() throws {
    try TestData.withTemporaryFolder { folder in
      let texts = folder.appendingPathComponent("texts.json")
      let file = folder.appendingPathComponent("texts.npy")
      let captions = [
        "an orange cat and a grey cat are lying together.",
        "a black dog wearing headphones looks at the camera as an orange cat walks in the background.",
      ]
      try JSONSerialization.data(withJSONObject: captions).write(to: texts)
      let run = try CommandRun(["embed", "texts", texts.path, "--model", model, "--output", file.path])
      #expect(run.status == 0)
      #expect(run.errors.contains("1 of 2 texts were truncated to 77 tokens"))
      try expectRows(of: file, golden("texts"))
      let strict = try CommandRun(
        ["embed", "texts", texts.path, "--model", model, "--output", file.path + "2", "--strict"])
      #expect(strict.isOneSentence(about: "77"))
      #expect(!FileManager.default.fileExists(atPath: file.path + "2"))
    }
  }

  @Test func aImageThatIsNoneLeavesNoFileBehind() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("images.npy")
      let arguments = [
        "embed", "images", "images/image1.jpg", "NOTICE", "--model", model, "--output", file.path,
      ]
      #expect(try CommandRun(arguments).isOneSentence(about: "NOTICE"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      let run = try CommandRun(arguments + ["--keep-going"])
      #expect(run.status == 2)
      #expect(run.errors.contains("skipped: NOTICE"))
      #expect(try Embeddings(contentsOf: file).count == 1)
    }
  }

  @Test func aNameThatIsNotUTF8IsToldAsOne() throws {
    try TestData.withTemporaryFolder { folder in
      let path = Array((folder.path + "/caf").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9)]
      let name = path + Array(".jpg".utf8CString)
      let file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      try #require(file >= 0)
      close(file)
      // Foundation cannot name it.
      defer { unlink(name) }
      let output = folder.path + "/images.npy"
      let run = try CommandRun(["embed", "images", folder.path, "--model", model, "--output", output])
      #expect(run.status == 1)
      #expect(run.errors.contains("caf\u{FFFD}.jpg: cannot be read: its name is not UTF-8."), "\(run.errors)")
    }
  }

  @Test func captionsAreRankedBestFirst() throws {
    let run = try CommandRun([
      "rank", "images/image1.jpg", "a", "zebra", "cats", "--model", model, "--json",
    ])
    #expect(run.status == 0)
    let ranking = try #require(try json(run.output)["ranking"] as? [[String: Any]])
    let cosines = ranking.compactMap { $0["cosine"] as? Double }
    #expect(cosines.count == 3)
    #expect(cosines == cosines.sorted(by: >))
  }

  @Test func tokensAreShown() throws {
    try TestData.withTemporaryFolder { folder in
      let texts = folder.appendingPathComponent("texts.txt")
      try Data("Ab!\n".utf8).write(to: texts)
      let clip = try CommandRun(["tokenize", "--with", "clip", "--model", model, texts.path, "--json"])
      #expect(
        try JSONSerialization.jsonObject(with: Data(clip.output.utf8)) as? [[Int]] == [
          [512, 64, 321, 256, 513]
        ])
      let words = try CommandRun(["tokenize", "--with", "ptb", texts.path, "--json"])
      #expect(try JSONSerialization.jsonObject(with: Data(words.output.utf8)) as? [[String]] == [["ab"]])
    }
  }

  @Test func aModelIsShownAndConverted() throws {
    try TestData.withTemporaryFolder { folder in
      let copy = folder.appendingPathComponent("copy").path
      let converted = try CommandRun(["model", "convert", model, copy, "--dtype", "bf16"])
      #expect(converted.status == 0)
      let shown = try json(CommandRun(["model", "show", copy, "--json"]).output)
      #expect(shown["storage"] as? [String: Int] == ["BF16": shown["parameters"] as? Int ?? 0])
      #expect(try CommandRun(["model", "convert", model, copy]).isOneSentence(about: "already holds files"))
      // A place that takes no folder is named as it was asked for.
      let inAFile = try CommandRun(["model", "convert", model, "\(copy)/config.json/x"])
      #expect(inAFile.isOneSentence(about: "config.json/x: cannot be written"), "\(inAFile.errors)")
    }
  }
}
