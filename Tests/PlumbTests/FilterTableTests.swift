import Foundation
import TestSupport
import Testing

/// `plumb filter` of a file of captions with scores.
@Suite struct FilterTableTests {
  private let lines = [
    #"{"id": "a.jpg", "caption": "one", "CLIPScore": 0.9, "CIDEr": 0.1}"#,
    #"{"id":"b.jpg","caption":"two","CLIPScore":0.5,"CIDEr":0.4}"#,
    #"{"id": "c.jpg", "caption": "three", "CLIPScore": 0.7, "CIDEr": 0.3}"#,
    #"{"id": "d.jpg", "caption": "four", "CLIPScore": null, "CIDEr": 0.2}"#,
  ]

  private func filtered(_ arguments: [String], exclude: String = "") throws -> (CommandRun, [String]) {
    try TestData.withTemporaryFolder { folder in
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(
        to: folder.appendingPathComponent("scores.jsonl"))
      try Data(exclude.utf8).write(to: folder.appendingPathComponent("exclude.txt"))
      let run = try CommandRun(["filter", "scores.jsonl", "-o", "kept.jsonl"] + arguments, in: folder)
      let kept = try? String(contentsOf: folder.appendingPathComponent("kept.jsonl"), encoding: .utf8)
      return (run, (kept ?? "").split(separator: "\n").map(String.init))
    }
  }

  @Test func linesAreKeptAsTheyAre() throws {
    let (run, kept) = try filtered(["--min-score", "0.6"])
    #expect(run.output == "kept.jsonl: 2 of 4 captions kept, 1 below --min-score, 1 without a score\n")
    #expect(kept == [lines[0], lines[2]])
    let (_, best) = try filtered(["--top-fraction", "0.5", "--by", "CIDEr"])
    #expect(best == [lines[1], lines[2]])
  }

  @Test func duplicatesAreExcludedByTheListOfDedup() throws {
    let (run, kept) = try filtered(
      ["--exclude", "exclude.txt", "--min-score", "0.1", "--json"], exclude: "photos/a.jpg\nx.jpg\n")
    #expect(kept == [lines[1], lines[2]])
    #expect(try json(run.output)["excluded"] as? Int == 1)
  }

  @Test(arguments: [
    (["--min-score", "0.1", "--by", "BLEU-4"], 1, "line 1: it has no \"BLEU-4\" among CLIPScore, CIDEr"),
    (["--dedup"], 64, "--dedup is for shards"), ([], 64, "Say which pairs to keep"),
  ])
  func whatIsWrongIsSaid(arguments: [String], status: Int, message: String) throws {
    let (run, kept) = try filtered(arguments)
    #expect(run.status == Int32(status))
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(kept.isEmpty)
  }
}
