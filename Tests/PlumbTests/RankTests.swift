import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct RankTests {
  private let model = ["--model", ScoreTests.tinyModel]
  private let images = ["images/image1.jpg", "images/image2.jpg"]

  private func ranking(_ value: Any?) throws -> [String: Double] {
    let places = try #require(value as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: try places.map {
        (try #require($0["caption"] as? String), try #require($0["cosine"] as? Double))
      })
  }

  @Test func severalImagesHaveARankingEach() throws {
    let captions = ["a cat", "two dogs", "zebra"]
    let run = try CommandRun(
      ["rank", images[0], captions[0], images[1]] + captions[1...] + model + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    let list = try #require(try json(run.output)["images"] as? [[String: Any]])
    #expect(list.compactMap { $0["image"] as? String } == images)
    for (image, item) in zip(images, list) {
      let alone = try json(CommandRun(["rank", image] + captions + model + ["--json"]).output)
      #expect(alone["image"] as? String == image)
      let (one, other) = (try ranking(alone["ranking"]), try ranking(item["ranking"]))
      #expect(one.count == 3 && other.count == 3)
      for (caption, cosine) in one { #expect(abs(cosine - (other[caption] ?? 2)) < 1e-6) }
    }
    let table = try CommandRun(["rank"] + images + captions + model)
    let lines = table.output.split(separator: "\n").map(String.init)
    #expect(table.status == 0 && lines.count == 8 && lines[0] == images[0] && lines[4] == images[1])
    #expect(!lines.dropFirst().contains { $0.hasSuffix("  \(images[1])") }, "\(table.output)")
  }

  @Test func aCaptionBeforeTheImageIsToldOf() throws {
    let run = try CommandRun(["rank", "two cats", "images/image1.jpg"])
    #expect(run.status == 64)
    #expect(
      run.errors.contains("There is no file \"two cats\", and the first argument is an image"),
      "\(run.errors)")
    let images = try CommandRun(["rank", "images/image1.jpg", "images/image2.jpg"])
    #expect(images.status == 64 && images.errors.contains("All of these are images"), "\(images.errors)")
  }

  @Test func anImageIsKnownByItsBytesAndOneThatIsNotThereIsNoCaption() throws {
    try TestData.withTemporaryFolder { folder in
      let manager = FileManager.default
      for (index, name) in ["a.jpg", "image", "two cats"].enumerated() {
        try manager.copyItem(
          at: CommandRun.example.appendingPathComponent(images[index % 2]),
          to: folder.appendingPathComponent(name))
      }
      try Data("no image".utf8).write(to: folder.appendingPathComponent("words"))
      try manager.createDirectory(
        at: folder.appendingPathComponent("cat"), withIntermediateDirectories: true)
      func rank(_ items: String...) throws -> CommandRun {
        try CommandRun(["rank"] + items + model, in: folder)
      }
      let run = try rank("a.jpg", "image", "two cats", "words", "cat")
      #expect(run.status == 0, "\(run.errors)")
      // Three images, and two captions for each: a file that is no image and a folder are words.
      #expect(run.output.split(separator: "\n").count == 9, "\(run.output)")
      #expect(try rank("a.jpg", "b.jpg", "a cat").isOneSentence(about: "b.jpg: cannot be read"))
      #expect(try rank("b.jpg", "a cat").isOneSentence(about: "b.jpg"))
      let none = try rank("a.jpg", "image")
      #expect(none.status == 64 && none.errors.contains("at least one caption"), "\(none.errors)")
    }
  }
}
