import Foundation
import TestSupport
import Testing

/// `plumb score` with several files of captions.
@Suite struct SystemComparisonCommandTests {
  private let two = ["score", "candidates.json", "worse-candidates.json", "-r", "references.json"]

  @Test func systemsStandSideBySide() throws {
    try TestData.withTemporaryFolder { folder in
      let files = ["t.md", "t.tex", "t.csv", "t.svg"].map { folder.appendingPathComponent($0).path }
      let run = try CommandRun(
        two + [
          "--images", "images", "--metrics", "bleu,cider,clipscore", "--markdown", files[0], "--latex",
          files[1], "--csv", files[2], "--plot", files[3],
        ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("Scores of 2 systems on 2 captions\n"))
      #expect(run.output.contains("worse-candidates   difference"))
      #expect(run.output.contains("CLIPScore"))
      let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
      #expect(texts[0].contains("| worse-candidates | "))
      #expect(texts[1].hasPrefix("\\begin{tabular}"))
      #expect(texts[2].split(separator: "\n").count == 1 + 6 * 2)
      #expect(texts[3].contains("worse-candidates against candidates"))
    }
  }

  @Test func systemsOfEqualFileNamesHaveTheFoldersThatDiffer() throws {
    try TestData.withTemporaryFolder { folder in
      let captions = try Data(contentsOf: CommandRun.example.appendingPathComponent("candidates.json"))
      let files = ["runs/a/out/captions.json", "runs/b/out/captions.json", "runs/b/other.json"]
      for file in files {
        let url = folder.appendingPathComponent(file)
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try captions.write(to: url)
      }
      let references = CommandRun.example.appendingPathComponent("references.json").path
      let run = try CommandRun(
        ["score"] + files + [
          "-r", references, "--metrics", "rouge", "--resamples", "0", "--trials", "0", "--json",
        ],
        in: folder)
      #expect(try json(run.output)["systems"] as? [String] == ["a/out/captions", "b/out/captions", "other"])
    }
  }

  @Test func oneValueOfBLEUCanBeAskedForAlone() throws {
    let run = try CommandRun(two + ["--metrics", "BLEU-4,cider"])
    #expect(run.output.contains("BLEU-4") && run.output.contains("CIDEr"))
    #expect(!run.output.contains("BLEU-1"))
    let alone = try CommandRun(["score", "candidates.json", "-r", "references.json", "--metrics", "bleu4"])
    #expect(alone.output.contains("BLEU-4") && !alone.output.contains("BLEU-2"))
    let cited = try CommandRun(two + ["--metrics", "bleu4", "--signature"])
    #expect(cited.output.hasPrefix("BLEU-4|plumb:"))
  }

  @Test func eachSystemHasTheValuesThatItHasAlone() throws {
    let run = try CommandRun(two + ["--json", "--metrics", "bleu,rouge,cider"])
    let metrics = try #require(try json(run.output)["metrics"] as? [String: [[String: Any]]])
    for (place, file) in ["candidates.json", "worse-candidates.json"].enumerated() {
      let alone = try CommandRun(
        ["score", file, "-r", "references.json", "--json", "--metrics", "bleu,rouge,cider"])
      let corpus = try #require(try json(alone.output)["corpus"] as? [String: Double])
      #expect(Set(corpus.keys) == Set(metrics.keys))
      for (name, value) in corpus { #expect(metrics[name]?[place]["value"] as? Double == value) }
    }
    #expect(metrics["CIDEr"]?[1]["p_randomization"] is Double)
  }

  @Test func eachImageHasTheValuesOfEachSystem() throws {
    try TestData.withTemporaryFolder { folder in
      let metrics = ["--metrics", "bleu,cider,clipscore", "-i", "images"]
      func lines(_ arguments: [String]) throws -> [[String: Any]] {
        let file = folder.appendingPathComponent("lines.jsonl")
        let run = try CommandRun(arguments + metrics + ["--per-caption", file.path])
        #expect(run.status == 0, "\(run.errors)")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
          try json(String($0))
        }
      }
      let both = try lines(two)
      #expect(both.compactMap { $0["id"] as? String } == ["image1", "image2"])
      for name in ["candidates", "worse-candidates"] {
        let alone = try lines(["score", "\(name).json", "-r", "references.json"])
        #expect(alone.count == 2)
        for (mine, own) in zip(both, alone) {
          #expect(mine["id"] as? String == own["id"] as? String)
          #expect((mine["captions"] as? [String: String])?[name] == own["caption"] as? String)
          #expect(Set(mine.keys).subtracting(["captions"]) == Set(own.keys).subtracting(["caption"]))
          for (metric, value) in own where !["id", "caption"].contains(metric) {
            #expect((mine[metric] as? [String: Double])?[name] == value as? Double, "\(metric)")
          }
        }
      }
    }
  }

  @Test(arguments: [
    (["score", "candidates.json", "--plot", "x.svg"], "--plot belongs to the comparison of systems"),
    (
      ["score", "candidates.json", "worse-candidates.json", "--resamples", "1000001"],
      "--resamples must be from 0"
    ),
  ])
  func whatDoesNotGoTogetherIsRefused(arguments: [String], message: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test func aCaptionThatOneSystemLacksIsNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("less.json")
      try Data(#"{"image1": "two cats"}"#.utf8).write(to: file)
      let arguments = [
        "score", "candidates.json", file.path, "-r", "references.json", "--metrics", "rouge",
      ]
      let refused = try CommandRun(arguments)
      #expect(refused.status == 1)
      #expect(refused.errors.contains("less has no caption for id \"image2\", which candidates has"))
      let run = try CommandRun(arguments + ["--keep-going"])
      #expect(run.status == 2)
      #expect(run.output.contains("on 1 caption\n"))
      #expect(run.output.contains("less has no caption for id \"image2\""))
    }
  }
}
