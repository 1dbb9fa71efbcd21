import CaptionMetrics
import Foundation
import TestSupport
import Testing

@Suite struct JudgeTests {
  static let fixtures = CommandRun.package.appendingPathComponent(
    "Tests/EvaluationTests/Fixtures/judgement")

  private func run(_ arguments: [String]) throws -> CommandRun {
    try CommandRun(["judge"] + arguments, in: Self.fixtures)
  }

  @Test func theJSONHasTheContractsKeys() throws {
    let run = try run(["flickr8k-expert", "--data", "flickr8k", "--json", "--resamples", "50", "--seed", "3"])
    #expect(run.status == 0)
    let report = try json(run.output)
    #expect(report["dataset"] as? String == "flickr8k-expert")
    #expect(report["rows"] as? Int == 192)
    #expect(report["coefficient"] as? String == "tau_c")
    let metrics = try #require(report["metrics"] as? [String: [String: Any]])
    #expect(Set(metrics.keys).isSuperset(of: ["BLEU-1", "BLEU-4", "ROUGE-L", "CIDEr"]))
    let cider = try #require(metrics["CIDEr"])
    #expect(Set(cider.keys) == ["tau_b", "tau_c", "spearman", "pearson", "low", "high"])
    let value = try #require(cider["tau_c"] as? Double)
    let ends = try [#require(cider["low"] as? Double), #require(cider["high"] as? Double)]
    #expect(ends[0] <= value && value <= ends[1])
    let provenance = try #require(report["provenance"] as? [String: Any])
    let judgements = try #require(provenance["judgements"] as? [String: Any])
    let interval = try #require(judgements["interval"] as? [String: Any])
    #expect(interval["seed"] as? Int == 3)
    #expect(interval["of"] as? String == "tau_c")
    #expect(provenance["version"] != nil)
  }

  @Test func onlyTheValuesThatWereNamedAreReportedAndTheTableIsMarkdownToo() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("table.md")
      let run = try run([
        "flickr8k-expert", "--data", "flickr8k", "--metrics", "BLEU-4,CIDEr", "--markdown", file.path,
        "--signature", "--resamples", "20",
      ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("flickr8k-expert|tau_c|bs:20|seed:0|BLEU-4+CIDEr|plumb:"))
      let table = try String(contentsOf: file, encoding: .utf8)
      #expect(table.contains("| BLEU-4 | ") && table.contains("| CIDEr | ") && !table.contains("BLEU-1"))
      #expect(table.contains("- rules: "))
    }
  }

  @Test func theSameSeedGivesTheSameBytesOnAnyNumberOfThreads() throws {
    let wanted = ["foil", "--data", "foil", "--json", "--resamples", "30"]
    let runs = try ["1", "2", "7"].map { try run(wanted + ["--threads", $0]).output }
    #expect(Set(runs).count == 1)
    #expect(try run(wanted + ["--seed", "9"]).output != runs[0])
  }

  @Test func pairsHaveAnAccuracyForEachCategory() throws {
    let run = try run(["pascal-50s", "--data", "pascal", "--json", "--resamples", "20", "--metrics", "rouge"])
    let metrics = try #require(try json(run.output)["metrics"] as? [String: [String: Any]])
    let rouge = try #require(metrics["ROUGE-L"])
    #expect((rouge["categories"] as? [String: Double]).map { Set($0.keys) } == ["HC", "HI", "HM", "MM"])
    #expect(rouge["accuracy"] is Double)
  }

  @Test func aMetricFromElsewhereIsJudged() throws {
    try TestData.withTemporaryFolder { folder in
      let items = folder.appendingPathComponent("items.jsonl")
      let written = try run(["flickr8k-cf", "--data", "flickr8k", "--items", items.path])
      #expect(written.output.contains("83 captions"))
      let lines = try String(contentsOf: items, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 83)
      let scores = folder.appendingPathComponent("mine.jsonl")
      let scored = try lines.map { line in
        let item = try json(String(line))
        let length = try #require(item["candidate"] as? String).count
        return #"{"id": "\#(try #require(item["id"] as? String))", "score": \#(length)}"#
      }
      try Data(scored.joined(separator: "\n").utf8).write(to: scores)
      let run = try run([
        "flickr8k-cf", "--data", "flickr8k", "--scores", scores.path, "--name", "Length", "--metrics",
        "rouge",
        "--resamples", "20",
      ])
      #expect(run.status == 0)
      #expect(run.output.contains("Length"))
      #expect(run.output.contains("ROUGE-L"))
      #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
      try Data(scored.dropLast().joined(separator: "\n").utf8).write(to: scores)
      let short = try self.run(["flickr8k-cf", "--data", "flickr8k", "--scores", scores.path])
      #expect(short.isOneSentence(about: "1 of 83 captions have no score"))
    }
  }

  @Test func aImageOfTheResultIsDrawn() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("plot.svg")
      let wanted = [
        "composite", "--data", "composite", "--plot", file.path, "--resamples", "20", "--metrics",
        "bleu,cider",
      ]
      #expect(try run(wanted).status == 0)
      let svg = try String(contentsOf: file, encoding: .utf8)
      #expect(svg.contains("CIDEr") && svg.contains("τ-c × 100"))
      #expect(try run(wanted).status == 0)
      #expect(try String(contentsOf: file, encoding: .utf8) == svg)
      #expect(
        try run(["composite", "--data", "composite", "--plot", "no/where.svg"]).isOneSentence(
          about: "no/where.svg"))
    }
  }

  @Test func whereAFileHasNoReferencesItsLinesAreNamedAndNoOptionOfAnotherCommand() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.jsonl")
      let line = #"{"image": "image1", "candidates": ["two cats asleep", "a dog"], "preferred": 1}"# + "\n"
      try Data(line.utf8).write(to: file)
      for metrics in [[], ["--metrics", "bleu"]] {
        let run = try CommandRun(["judge", file.path] + metrics)
        #expect(run.isOneSentence(about: #"add "references" in the lines of \#(file.path)"#), "\(run.errors)")
        #expect(!run.errors.contains("--references"))
      }
    }
  }

  @Test func imagesAreJudgedThroughAModel() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.jsonl")
      let lines = [
        #"{"image": "image1", "candidate": "two cats asleep", "references": ["cats"], "rating": 4}"#,
        #"{"image": "image1", "candidate": "a dog", "references": ["cats"], "rating": 1}"#,
        #"{"image": "image2", "candidate": "a dog runs", "references": ["a dog"], "rating": 3}"#,
      ]
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      let wanted = [
        "judge", file.path, "--images", "images", "--model", ScoreTests.tinyModel, "--metrics",
        "clipscore,refclipscore,rouge",
      ]
      let run = try CommandRun(wanted + ["--json"])
      #expect(run.status == 0, "\(run.errors)")
      let metrics = try #require(try json(run.output)["metrics"] as? [String: Any])
      #expect(Set(metrics.keys) == ["CLIPScore", "RefCLIPScore", "ROUGE-L"])
      try Data(
        (lines + [lines[0].replacingOccurrences(of: "image1", with: "image9")])
          .joined(separator: "\n").utf8
      ).write(to: file)
      #expect(try CommandRun(wanted).isOneSentence(about: "\"image9\" has no image"))
      let rest = try CommandRun(wanted + ["--keep-going"])
      #expect(rest.status == 2)
      #expect(rest.output.contains("was compared with 3"))
    }
  }

  @Test func wrongInputIsToldInOneSentence() throws {
    #expect(try run(["flickr8k-expret"]).isOneSentence(about: "did you mean flickr8k-expert?"))
    #expect(try run(["foil", "--data", "pascal"]).isOneSentence(about: "foilv1.0_test_2017.json"))
    #expect(try run(["nothing.jsonl"]).isOneSentence(about: "nothing.jsonl"))
    #expect(
      try run(["flickr8k-cf", "--data", "flickr8k", "--metrics", "clipscore"]).isOneSentence(
        about: "add --images FOLDER"))
    for wrong in [
      ["foil"], ["foil", "--data", "foil", "--metrics", "nonsense"],
      ["foil", "--data", "foil", "--resamples", "-1"], ["foil", "--data", "foil", "--name", "X"],
      ["foil", "--data", "foil", "--max-references", "0"],
    ] {
      #expect(try run(wrong).status == 64, "\(wrong)")
    }
  }
}
