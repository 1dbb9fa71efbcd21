import CLIP
import Foundation
import TestSupport
import Testing

/// `plumb embed --shards`, `plumb score --shards` and `plumb filter`.
@Suite struct ShardCommandTests {
  private let model = ScoreTests.tinyModel

  /// A folder with three shards of so many pairs.
  static func withShards(_ pairs: Int, _ body: (URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      for shard in 0..<3 {
        let members = (0..<pairs).flatMap { pair in
          let number = shard * pairs + pair
          return [
            (name: "\(number).bmp", data: StripedImage.bitmap(number)),
            (name: "\(number).txt", data: Data("thing \(number)".utf8)),
          ]
        }
        try TarBytes.file(members).write(to: folder.appendingPathComponent("0\(shard).tar"))
      }
      try body(folder)
    }
  }

  @Test func imagesAreThoseOfEmbedImages() throws {
    try Self.withShards(5) { folder in
      let run = try CommandRun(
        ["embed", "--shards", "{00..02}.tar", "-o", "out", "-m", model, "--json"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try json(run.output)["pairs"] as? Int == 15)
      let other = try CommandRun(
        ["embed", "images", "00.tar", "01.tar", "02.tar", "-o", "all.npy", "-m", model], in: folder)
      #expect(other.status == 0)
      let all = try Embeddings(contentsOf: folder.appendingPathComponent("all.npy"))
      for row in 0..<15 {
        let place = folder.appendingPathComponent("out/0\(row / 5)/images.npy")
        let own = try Embeddings(contentsOf: place)[row % 5]
        #expect(zip(own, all[row]).allSatisfy { abs($0 - $1) < 1e-6 })
      }
    }
  }

  @Test func processesShareAnOutput() throws {
    try Self.withShards(100) { folder in
      let processes = try (0..<3).map { number in
        let process = Process()
        process.executableURL = CommandRun.executable
        process.arguments =
          ["score", "--shards", "00.tar", "01.tar", "02.tar", "-m", model, "-o", "out"]
          + (number == 2 ? ["--shard", "2/3"] : [])
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
      }
      for process in processes {
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      let names = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("out").path)
      #expect(names.sorted() == ["00", "01", "02", "run.json"])
    }
  }

  /// Counts whose sum is no number, and those that contradict each other.
  @Test func aDamagedSummaryIsToldOf() throws {
    try Self.withShards(2) { folder in
      let score = ["score", "--shards", "{00..02}.tar", "-m", model, "-o", "out"]
      #expect(try CommandRun(score, in: folder).status == 0)
      let places = ["00", "01"].map { folder.appendingPathComponent("out/\($0)/summary.json") }
      let whole = try String(contentsOf: places[0], encoding: .utf8)
      try #require(whole.contains(#""pairs": 2"#) && whole.contains(#""embedded": 2"#))
      for (key, value) in [
        ("pairs", "\(Int.max)"), ("embedded", "\(Int.min)"), ("embedded", "3"), ("pairs", "-1"),
      ] {
        for place in places {
          let text = whole.replacing("\"\(key)\": 2", with: "\"\(key)\": \(value)")
          try Data(text.utf8).write(to: place)
        }
        for command in [score, ["filter", "out", "--min-score", "0", "-o", "kept"]] {
          let run = try CommandRun(command, in: folder)
          #expect(run.status == 1 && run.output.isEmpty, "\(key) \(value): \(run.status) \(run.output)")
          #expect(run.errors.contains("out/00/summary.json: it is no summary of a shard"), "\(run.errors)")
        }
      }
    }
  }

  @Test func pairsWithoutEmbeddingsAreStatusTwoEveryTime() throws {
    try Self.withShards(2) { folder in
      try TarBytes.file([("a.bmp", Data("none".utf8)), ("a.txt", Data("a".utf8))])
        .write(to: folder.appendingPathComponent("03.tar"))
      for _ in 0..<2 {
        let run = try CommandRun(["embed", "--shards", ".", "-o", "out", "-m", model], in: folder)
        #expect(run.status == 2)
        #expect(run.output.contains("6 of 7 pairs"))
        #expect(run.errors.contains("skipped: 1 pair of 7"))
      }
      let missing = ["embed", "--shards", "{02..05}.tar", "-o", "more", "-m", model]
      #expect(try CommandRun(missing, in: folder).isOneSentence(about: "04.tar: this and 1 more"))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("more").path))
      let run = try CommandRun(missing + ["--keep-going"], in: folder)
      #expect(run.status == 2)
      #expect(run.errors.contains("skipped: 04.tar") && run.errors.contains("skipped: 05.tar"))
    }
  }

  @Test func scoresAreThoseOfPlumbScoreAndAreFiltered() throws {
    try Self.withShards(4) { folder in
      let run = try CommandRun(["score", "--shards", ".", "-o", "scores", "-m", model], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let captions = Dictionary(uniqueKeysWithValues: (0..<4).map { ("\($0)", "thing \($0)") })
      try JSONSerialization.data(withJSONObject: captions).write(to: folder.appendingPathComponent("c.json"))
      let other = try CommandRun(
        ["score", "c.json", "-i", "00.tar", "-m", model, "--per-caption", "p.jsonl"], in: folder)
      #expect(other.status == 0, "\(other.errors)")
      func rows(_ name: String) throws -> [[String: Any]] {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n")
          .map { try json(String($0)) }
      }
      let own = try rows("scores/00/rows.jsonl")
      for row in try rows("p.jsonl") {
        let id = row["id"] as? String
        let score = own.first { $0["key"] as? String == id }?["score"] as? Double
        let theirs = (row["CLIPScore"] ?? (row["scores"] as? [String: Any])?["CLIPScore"]) as? Double
        #expect(abs((score ?? 9) - (theirs ?? 8)) < 1e-6, "\(row)")
      }
      let filtered = try CommandRun(
        ["filter", "scores", "--top-fraction", "0.5", "--shards", ".", "-o", "kept", "--json"], in: folder)
      #expect(filtered.status == 0, "\(filtered.errors)")
      #expect(try json(filtered.output)["kept"] as? Int == 6)
      let names = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("kept").path
      ).sorted()
      #expect(
        names == [
          "00.jsonl", "00.tar", "01.jsonl", "01.tar", "02.jsonl", "02.tar", "report.json", "run.json",
        ])
      let again = try CommandRun(["score", "--shards", "kept", "-o", "again", "-m", model], in: folder)
      #expect(again.output.contains("6 of 6 pairs"), "\(again.errors)")
    }
  }

  @Test func newArchivesReplaceNoShard() throws {
    try Self.withShards(2) { folder in
      #expect(
        try CommandRun(["score", "--shards", ".", "-o", "scores", "-m", model], in: folder).status == 0)
      let run = try CommandRun(
        ["filter", "scores", "--min-score", "0", "--shards", ".", "-o", "."], in: folder)
      #expect(run.isOneSentence(about: "write elsewhere"), "\(run.errors)")
    }
  }

  @Test(arguments: [
    ["score", "c.json", "--shards", "a.tar", "-o", "x"], ["score", "--shards", "a.tar"],
    ["score", "--shards", "a.tar", "-o", "x", "-r", "r.json"], ["score", "c.json", "-o", "x"],
    ["score", "--shards", "a.tar", "-o", "x", "--column", "2"], ["score"],
    ["embed", "--shards", "a.tar"], ["embed", "--shards", "a.tar", "-o", "x", "--shard", "0/2"],
    ["embed", "--shards", "a.tar", "-o", "x", "--dtype", "int8", "--no-normalize"],
    ["filter", "s", "-o", "x"], ["filter", "s", "-o", "x", "--top-fraction", "1.5"],
    ["filter", "s", "-o", "x", "--dedup", "--shard", "1/2"], ["filter", "-o", "x", "--dedup"],
  ]) func argumentsThatDoNotGoTogetherAreRefused(_ arguments: [String]) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 64, "\(run.output)\(run.errors)")
  }
}
