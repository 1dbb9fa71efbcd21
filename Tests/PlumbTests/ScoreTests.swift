import CaptionMetrics
import Files
import Foundation
import TestSupport
import Testing

/// A JSON document of a test, as Foundation reads it.
func json(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

@Suite struct ScoreTests {
  static let tinyModel = TestData.fixtures().appendingPathComponent("tiny-clip").path
  private let all = ["score", "candidates.json", "--references", "references.json"]

  private func golden(_ name: String) throws -> [String: Any] {
    try json(
      String(contentsOf: TestData.fixtures().appendingPathComponent(name), encoding: .utf8))
  }

  private func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { try json(String($0)) }
  }

  private func expectEqual(_ found: [String: Any], _ expected: [String: Any], within tolerance: Double) throws
  {
    for (name, value) in expected {
      let value = try #require(value as? Double)
      let other = try #require(found[name] as? Double, "\(name)")
      #expect(abs(other - value) <= tolerance, "\(name): \(other) instead of \(value)")
    }
  }

  @Test(arguments: ["candidates.json", "worse-candidates.json"])
  func theExampleHasThePeersValues(candidates: String) throws {
    let expected = try #require(try golden("example_scores.json")[candidates] as? [String: Any])
    try TestData.withTemporaryFolder { folder in
      let lines = folder.appendingPathComponent("lines.jsonl")
      let run = try CommandRun(
        ["score", candidates, "--references", "references.json", "--json", "--per-caption", lines.path])
      #expect(run.status == 0)
      let corpus = try #require(try json(run.output)["corpus"] as? [String: Any])
      try expectEqual(corpus, #require(expected["corpus"] as? [String: Any]), within: 1e-6)
      let perCaption = try #require(expected["perCaption"] as? [String: [String: Any]])
      let found = try self.lines(String(contentsOf: lines, encoding: .utf8))
      #expect(found.compactMap { $0["id"] as? String } == ["image1", "image2"])
      for line in found {
        try expectEqual(line, #require(perCaption[line["id"] as? String ?? ""]), within: 1e-6)
      }
    }
  }

  @Test func theExampleHasThePeersCLIPScores() throws {
    let expected = try #require(try golden("tiny_scores.json")["scores"] as? [String: [String: Any]])
    let run = try CommandRun(
      all + ["--images", "images", "--model", Self.tinyModel, "--json", "--per-caption", "/dev/stderr"])
    #expect(run.status == 0)
    let corpus = try #require(try json(run.output)["corpus"] as? [String: Any])
    #expect(Set(corpus.keys).subtracting(["METEOR"]).count == 8)
    for line in try lines(
      run.errors.split(separator: "\n").filter { $0.hasPrefix("{") }.joined(separator: "\n"))
    {
      try expectEqual(line, #require(expected[line["id"] as? String ?? ""]), within: 1e-5)
    }
  }

  @Test func theTableSaysWhatIsMissingAndWhatMeansLittle() throws {
    let run = try CommandRun(all)
    #expect(run.status == 0)
    #expect(run.errors.isEmpty)
    for part in ["BLEU-1          0.6667", "CIDEr           0.5637", "2 images"] {
      #expect(run.output.contains(part), "\(part)")
    }
    let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("CLIPScore and RefCLIPScore need --images FOLDER"), "\(words)")
    #expect(!run.output.contains("\u{1B}"))
  }

  @Test func provenanceTellsModelAndDefinition() throws {
    let run = try CommandRun(
      all + [
        "--images", "images", "--model", Self.tinyModel, "--definition", "pac", "--precision", "int8",
        "--json",
      ])
    let provenance = try #require(try json(run.output)["provenance"] as? [String: Any])
    let model = try #require(provenance["model"] as? [String: Any])
    #expect(model["name"] as? String == Self.tinyModel)
    #expect((model["fingerprint"] as? String)?.isEmpty == false)
    #expect((provenance["clipscore"] as? [String: Any])?["definition"] as? String == "pac")
    #expect(provenance["truncated_candidates"] as? Int == 1)
  }

  @Test func withoutItsTablesMETEORSaysHowToGetThemAndTheOthersGoOn() throws {
    let nowhere = ["PLUMB_METEOR": "/nowhere/meteor.tables"]
    let alone = try CommandRun(all + ["--metrics", "meteor"], environment: nowhere)
    #expect(alone.isOneSentence(about: "plumb meteor install"))
    let beside = try CommandRun(all + ["--metrics", "meteor,rouge", "--json"], environment: nowhere)
    #expect(beside.status == 0)
    #expect(beside.errors.contains("plumb meteor install"))
    #expect(try #require(try json(beside.output)["corpus"] as? [String: Any]).keys.sorted() == ["ROUGE-L"])
  }

  @Test(arguments: ["C", "de_DE.UTF-8", "tr_TR.UTF-8", "fa_IR.UTF-8"])
  func numbersAreTheSameInAnyLocaleOnAnyNumberOfThreads(locale: String) throws {
    let languages = ["LC_ALL": locale, "LANG": locale, "LANGUAGE": locale]
    for form in [[], ["--json"]] {
      let expected = try CommandRun(all + form + ["--threads", "1"])
      #expect(expected.status == 0)
      for threads in ["1", "3"] {
        let run = try CommandRun(all + form + ["--threads", threads], environment: languages)
        #expect(run.output == expected.output)
      }
    }
  }

  @Test func citeIsOneLine() throws {
    let run = try CommandRun(all + ["--metrics", "bleu,cider", "--cite"])
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("BLEU-1+BLEU-2+BLEU-3+BLEU-4+CIDEr|plumb:"))
    #expect(run.output.hasSuffix("|words:ptb|df:corpus-2\n"))
    #expect(run.output.filter { $0 == "\n" }.count == 1)
    #expect(try CommandRun(all + ["--cite", "--json"]).status == 64)
  }

  @Test func aMetricThatWasNamedMustBePossible() throws {
    let run = try CommandRun(all + ["--metrics", "bleu,clipscore"])
    #expect(run.isOneSentence(about: "add --images FOLDER"))
    #expect(try CommandRun(["score", "candidates.json"]).isOneSentence(about: "add --references FILE"))
  }

  @Test func savedDocumentFrequenciesAreTaken() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("example.df").path
      let counted = try CommandRun(["cider-df", "references.json", "--output", file])
      #expect(counted.status == 0)
      #expect(counted.output.contains("2 images"))
      let run = try CommandRun(all + ["--metrics", "cider", "--cider-df", file, "--json"])
      let corpus = try #require(try json(run.output)["corpus"] as? [String: Any])
      try expectEqual(corpus, ["CIDEr": 0.5637412591757252], within: 1e-6)
    }
  }

  @Test func whatIsSkippedIsListedWithStatusTwo() throws {
    try TestData.withTemporaryFolder { folder in
      let captions = folder.appendingPathComponent("captions.json")
      try Data(#"{"image1": "two cats", "image9": "nobody"}"#.utf8).write(to: captions)
      let wanted = ["--references", "references.json", "--metrics", "rouge"]
      #expect(try CommandRun(["score", captions.path] + wanted).isOneSentence(about: "id \"image9\""))
      let run = try CommandRun(["score", captions.path] + wanted + ["--keep-going"])
      #expect(run.status == 2)
      #expect(run.output.contains("ROUGE-L"))
      #expect(run.output.contains("id \"image9\""))
    }
  }
}
