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

  /// COCO's annotations have numbers as ids, and the list has the names of files.
  @Test(arguments: ["coco/COCO_val2014_000000000006.jpg", "coco/000000000006.jpg", "6.jpg"])
  func duplicatesAreExcludedByTheirCOCONumber(name: String) throws {
    try TestData.withTemporaryFolder { folder in
      let lines = ["6", "16"].map { #"{"id": "\#($0)", "caption": "one", "CLIPScore": 0.9}"# + "\n" }
      try Data(lines.joined().utf8).write(to: folder.appendingPathComponent("scores.jsonl"))
      try Data("\(name)\n".utf8).write(to: folder.appendingPathComponent("list.txt"))
      let run = try CommandRun(
        ["filter", "scores.jsonl", "--min-score", "0", "--exclude", "list.txt", "-o", "kept"], in: folder)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      let kept = try String(contentsOf: folder.appendingPathComponent("kept"), encoding: .utf8)
      #expect(kept == lines[1])
    }
  }

  @Test func aListThatExcludesNothingIsToldOf() throws {
    let (run, kept) = try filtered(
      ["--exclude", "exclude.txt", "--min-score", "0.1"], exclude: "photos/x.jpg\n")
    #expect(run.status == 0 && kept.count == 3)
    #expect(run.errors.contains("nothing is excluded: no name in exclude.txt is the id"), "\(run.errors)")
  }

  @Test(arguments: [
    // Columns in any order, quotes, a line break in a caption, a row without a score.
    (
      "t.csv",
      "caption,CLIPScore,id\n\"one, \"\"1\"\"\nmore\",0.9,a\n\ntwo,0.5,b\nthree,,c\n \"x\" ,7e-1, d\n",
      "caption,CLIPScore,id\n\"one, \"\"1\"\"\nmore\",0.9,a\n \"x\" ,7e-1, d\n", "1 below"
    ),
    (
      "t.tsv", "image\tCLIPScore\r\na.jpg\t0.9\r\nb.jpg\tNaN\r\nc.jpg\t0.7",
      "image\tCLIPScore\r\na.jpg\t0.9\r\nc.jpg\t0.7\n", "1 without a score"
    ),
  ])
  func tablesKeepTheirRowsAsTheyAre(name: String, table: String, kept: String, count: String) throws {
    try TestData.withTemporaryFolder { folder in
      try Data(table.utf8).write(to: folder.appendingPathComponent(name))
      let run = try CommandRun(
        ["filter", name, "--min-score", "0.6", "-o", "kept", "--report", "report.json"], in: folder)
      #expect(run.status == 0 && run.output.contains(count), "\(run.errors)")
      #expect(
        try String(contentsOf: folder.appendingPathComponent("kept"), encoding: .utf8) == kept)
      let report = try String(contentsOf: folder.appendingPathComponent("report.json"), encoding: .utf8)
      #expect(try json(report)["kept"] as? Int == 2)
    }
  }

  @Test(arguments: [
    ("id,CIDEr\na,1\n", "line 1: there is no column \"CLIPScore\" among id, CIDEr"),
    ("score,CLIPScore\n1,2\n", "line 1: there is no column \"id\" among score, CLIPScore"),
    ("id,CLIPScore\na,high\n", "line 2: its CLIPScore is \"high\", which is no number"),
    ("id,CLIPScore\na\n", "line 2: it lacks the id or the CLIPScore"), ("", "empty"),
  ])
  func tablesThatAreWrongAreToldOf(table: String, message: String) throws {
    try TestData.withTemporaryFolder { folder in
      try Data(table.utf8).write(to: folder.appendingPathComponent("t.csv"))
      let run = try CommandRun(["filter", "t.csv", "--min-score", "0", "-o", "k.csv"], in: folder)
      #expect(run.isOneSentence(about: message), "\(run.errors)")
    }
  }

  @Test func whatIsNotThereIsNamed() throws {
    for arguments in [["nowhere.jsonl"], ["images", "nowhere"]] {
      let run = try CommandRun(["filter"] + arguments + ["--min-score", "0", "-o", "no/where.jsonl"])
      #expect(
        run.isOneSentence(about: "\(arguments.last ?? ""): there is no such file or folder"), "\(run.errors)")
    }
    let folder = try CommandRun(["filter", "images", "--min-score", "0", "-o", "/tmp/none"])
    #expect(folder.isOneSentence(about: "images: there is no finished shard"), "\(folder.errors)")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/none"))
  }

  @Test func anEmptyListExcludesNothing() throws {
    let (run, kept) = try filtered(["--exclude", "exclude.txt", "--min-score", "0.1"])
    #expect(run.status == 0 && kept == [lines[0], lines[1], lines[2]], "\(run.errors)")
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
