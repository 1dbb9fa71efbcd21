import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// `plumb explain` and `plumb evaluate words`, as a user runs them.
@Suite struct ExplainTests {
  private let image = "images/image1.jpg"

  private func words(_ value: Any?) throws -> [[String: Any]] { try #require(value as? [[String: Any]]) }

  @Test func aWrongAnimalHasTheLeastSupport() throws {
    let run = try CommandRun(["explain", image, "an orange horse lies on the bed", "--json"])
    #expect(run.status == 0, "\(run.errors)")
    let document = try json(run.output)
    #expect(document["caption"] as? String == "an orange horse lies on the bed")
    #expect(document["score"] is Double)
    let list = try words(document["words"])
    #expect(
      list.compactMap { $0["word"] as? String } == ["an", "orange", "horse", "lies", "on", "the", "bed"])
    #expect(list[0]["support"] is NSNull && list[2]["start"] as? Int == 10)
    let judged = list.filter { $0["support"] is Double }
    let least = judged.min { ($0["support"] as? Double ?? 0) < ($1["support"] as? Double ?? 0) }
    #expect(least?["word"] as? String == "horse")
    #expect(list[2]["unsupported"] as? Bool == true)
    #expect((list[2]["alternative"] as? [String: Any])?["word"] is String)
  }

  @Test func withoutATerminalWordsAreATable() throws {
    let run = try CommandRun(["explain", image, "two dogs", "", "🐱"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("  word  support  best alternative\n"), "\(run.output)")
    #expect(!run.output.contains("\u{1B}"))
    let several = try json(CommandRun(["explain", image, "two dogs", "two dogs", "--json"]).output)
    let captions = try words(several["captions"])
    #expect(captions.count == 2)
    #expect(captions[0]["score"] as? Double == captions[1]["score"] as? Double)
  }

  @Test func theDrawingIsOneFile() throws {
    try TestData.withTemporaryFolder { folder in
      let svg = folder.appendingPathComponent("words.svg")
      let run = try CommandRun(["explain", image, "a horse & <dogs>", "--svg", svg.path])
      #expect(run.status == 0, "\(run.errors)")
      let text = try String(contentsOf: svg, encoding: .utf8)
      #expect(text.contains("data:image/jpeg;base64,") && text.contains("class=\"unsupported\""))
      #expect(XMLParser(data: Data(text.utf8)).parse())
    }
  }

  @Test func likelyHallucinationsOfAFileAreListed() throws {
    try TestData.withTemporaryFolder { folder in
      let captions = folder.appendingPathComponent("c.json")
      try Data(
        #"{"image1": "two horses on a bed", "image2": "a black dog wearing headphones", "image3": "a cat"}"#
          .utf8
      ).write(to: captions)
      let output = folder.appendingPathComponent("words.jsonl")
      let command = ["explain", captions.path, "--images", "images", "--output", output.path]
      #expect(try CommandRun(command).isOneSentence(about: "image3"))
      #expect(!FileManager.default.fileExists(atPath: output.path))
      let run = try CommandRun(command + ["--keep-going", "--top", "5"])
      #expect(run.status == 2, "\(run.errors)")
      #expect(run.output.contains("horses → ") && run.output.contains("[image1]"), "\(run.output)")
      let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 2)
      let first = try json(String(lines.first ?? ""))
      #expect(first["id"] as? String == "image1" && first["words"] is [Any])
      let list = try json(CommandRun(command + ["--keep-going", "--json"]).output)
      #expect(try words(list["hallucinations"]).first?["word"] as? String == "horses")
    }
  }

  @Test func swappedNounsAreEvaluated() throws {
    let run = try CommandRun([
      "evaluate", "words", "references.json", "--images", "images", "--seed", "1", "--json",
    ])
    #expect(run.status == 0, "\(run.errors)")
    let document = try json(run.output)
    let groups = try words(document["groups"])
    #expect(groups.first?["captions"] as? Int == 2 && document["falsely_flagged"] is Double)
  }

  @Test func wrongArgumentsAndUnreadableImagesAreToldOf() throws {
    for arguments in [
      ["explain", image], ["explain", image, "a cat", "--top", "3"],
      ["explain", "a", "b", "--images", "images"],
      ["explain", image, "a cat", "--threshold", "0.5"],
    ] {
      #expect(try CommandRun(arguments).status == 64, "\(arguments)")
    }
    try TestData.withTemporaryFolder { folder in
      let broken = folder.appendingPathComponent("broken.jpg")
      try Data("no image".utf8).write(to: broken)
      #expect(
        try CommandRun(["explain", broken.path, "a cat", "--model", "mini"]).isOneSentence(
          about: "broken.jpg"))
      #expect(
        try CommandRun(["explain", "nowhere.jpg", "a cat", "--model", "mini"]).isOneSentence(
          about: "nowhere.jpg"))
      let long = String(repeating: "a dog and a cat ", count: 40)
      let run = try CommandRun(["explain", image, long, "--json"])
      #expect(run.status == 0 && run.errors.contains("truncated"), "\(run.errors)")
      let judged = try words(try json(run.output)["words"]).map { $0["support"] is Double }
      #expect(judged[1] && judged.last == false)
    }
  }
}
