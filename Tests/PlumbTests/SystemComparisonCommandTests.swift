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

  @Test(arguments: [
    (["score", "candidates.json", "--plot", "x.svg"], "--plot belongs to the comparison of systems"),
    (
      ["score", "candidates.json", "worse-candidates.json", "--per-caption", "x"],
      "--per-caption writes the scores of one file"
    ),
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
