import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct ModelTests {
  /// Calls `body` with a folder of models that has the tiny one as "tiny", with more lines in its configuration.
  private func withModels(_ lines: String = "", _ body: ([String: String]) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let tiny = folder.appendingPathComponent("tiny")
      try FileManager.default.copyItem(at: URL(fileURLWithPath: ScoreTests.tinyModel), to: tiny)
      let file = tiny.appendingPathComponent("config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data(text.replacing("\"model_type\": \"clip\",", with: "\(lines)\n\"model_type\": \"clip\",").utf8)
        .write(
          to: file)
      try body(["PLUMB_MODELS": folder.path])
    }
  }

  @Test func aModelOfTheFolderIsNamedByOneWord() throws {
    try withModels { environment in
      let list = try CommandRun(["model", "list"], environment: environment)
      #expect(list.status == 0 && list.output.contains("tiny  "), "\(list.output)\(list.errors)")
      let listed = try CommandRun(["model", "list", "--json"], environment: environment)
      #expect(listed.output.contains("\"name\": \"tiny\""))
      let rank = try CommandRun(
        ["rank", "images/image1.jpg", "a cat", "a dog", "--model", "tiny"], environment: environment)
      #expect(rank.status == 0, "\(rank.errors)")
      let wrong = try CommandRun(
        ["rank", "images/image1.jpg", "a cat", "--model", "tinny"], environment: environment)
      #expect(
        wrong.status == 1 && wrong.errors.contains(environment["PLUMB_MODELS"] ?? "?"), "\(wrong.errors)")
      #expect(wrong.errors.contains("plumb model list"))
    }
  }

  @Test func preprocessingThatDoesNotFitIsTold() throws {
    try withModels { environment in
      let models = URL(fileURLWithPath: try #require(environment["PLUMB_MODELS"]))
      let file = models.appendingPathComponent("tiny/preprocessor_config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      for (change, warning) in [("\"width\": 24", "24×16"), (nil, "no preprocessor_config.json")] {
        if let change {
          try Data(text.replacing("\"width\": 16", with: change).utf8).write(to: file)
        } else {
          try FileManager.default.removeItem(at: file)
        }
        let shown = try CommandRun(["model", "show", "tiny", "--json"], environment: environment)
        let warnings = try #require(try json(shown.output)["warnings"] as? [String])
        #expect(warnings.count == 1 && warnings[0].contains(warning), "\(warnings)")
      }
    }
  }

  @Test func aModelsOwnScaleIsUsedAndTold() throws {
    let arguments = ["rank", "images/image1.jpg", "a cat", "a dog", "--model", "tiny", "--json"]
    func scores(_ text: String) throws -> [(cosine: Double, score: Double)] {
      let ranking = try #require(try json(text)["ranking"] as? [[String: Any]])
      return try ranking.map {
        (try #require($0["cosine"] as? Double), try #require($0["CLIPScore"] as? Double))
      }
    }
    try withModels("\"score_scale\": 3.5, \"score_offset\": -0.75,") { environment in
      let run = try CommandRun(arguments, environment: environment)
      #expect(run.status == 0, "\(run.errors)")
      for (cosine, score) in try scores(run.output) { #expect(abs(score - 3.5 * (cosine + 0.75)) < 1e-12) }
      #expect(run.output.contains("\"offset\": -0.75"))
      let other = try CommandRun(arguments + ["--definition", "pac"], environment: environment)
      for (cosine, score) in try scores(other.output) { #expect(abs(score - 2 * max(cosine, 0)) < 1e-12) }
      let cited = try CommandRun(
        [
          "score", "candidates.json", "--images", "images", "--model", "tiny", "--metrics", "clipscore",
          "--cite",
        ], environment: environment)
      #expect(cited.output.contains("clipscore:hessel(3.5,-0.75)"), "\(cited.output)\(cited.errors)")
    }
  }

  @Test func aTokenizerIsLearntFromFilesOfEveryKind() throws {
    try TestData.withTemporaryFolder { folder in
      for (name, text) in [
        ("a.txt", "two zebras graze\nzebras graze\n"),
        ("b.tsv", "a dog runs\thttp://x\nthe dog runs\thttp://y\n"),
        ("c.json", #"{"1": ["a dog", "zebras"], "2": ["the dog"]}"#), ("d.json", #"["a dog", "the dog"]"#),
        ("e.jsonl", #"{"caption": "the dog runs"}"# + "\n"), ("f.tsv", "1.jpg#0\tA dog runs\n"),
      ] { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
      let train = ["tokenizer", "train", "--vocab-size", "525"]
      let run = try CommandRun(
        train + [
          "a.txt", "c.json", "d.json", "e.jsonl", "f.tsv", "--output", "out", "--context-length", "20",
        ],
        in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("525 tokens, 11 merges, from 9 texts of"), "\(run.output)")
      let tokens = try CommandRun(
        ["tokenize", "--with", "clip", "--model", "out", "a.txt"], in: folder)
      #expect(tokens.status == 0 && tokens.output.hasPrefix("523 "), "\(tokens.output)\(tokens.errors)")
      let again = try CommandRun(train + ["a.txt", "--output", "out"], in: folder)
      #expect(again.isOneSentence(about: "a tokenizer already"))
      let first = try CommandRun(train + ["b.tsv", "--column", "1", "--output", "first"], in: folder)
      #expect(first.status == 0 && first.errors.contains("no other pair occurs 2 times"), "\(first.errors)")
      let third = try CommandRun(train + ["b.tsv", "--column", "3", "--output", "third"], in: folder)
      #expect(third.isOneSentence(about: "there is no column 3"))
      let small = try CommandRun(
        ["tokenizer", "train", "a.txt", "--vocab-size", "9", "--output", "x"], in: folder)
      #expect(small.status == 64)
    }
  }
}
