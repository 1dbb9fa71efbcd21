import Foundation
import JSON
import Sharding
import TestSupport
import Testing

/// Which pairs are kept of scores that are written by hand.
@Suite struct PairFilterTests {
  /// A pair: its score, nil where it has none, and what its image is called.
  private typealias Pair = (score: Double?, image: Int)

  /// Writes scores as `plumb score --shards` does.
  private func write(_ shards: [[Pair]], to folder: URL, command: String = "score") throws -> ScoredShards {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(#"{"command": "\#(command)", "model": "m"}"#.utf8).write(
      to: folder.appendingPathComponent("run.json"))
    for (index, pairs) in shards.enumerated() {
      let place = folder.appendingPathComponent("\(index)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let rows = pairs.enumerated().map { number, pair in
        let score =
          pair.score.map { #""row": \#(number), "score": \#($0)"# } ?? #""row": null, "reason": "r""#
        let image = String(repeating: "0", count: 30) + String(pair.image + 16, radix: 16)
        return #"{"key": "\#(index)-\#(number)", \#(score), "sha256": "\#(image)"}"# + "\n"
      }
      try Data(rows.joined().utf8).write(to: place.appendingPathComponent("rows.jsonl"))
      let summary = #"{"shard": "\#(index).tar", "bytes": 1, "pairs": \#(pairs.count), "embedded": 0}"#
      try Data(summary.utf8).write(to: place.appendingPathComponent("summary.json"))
    }
    return try ScoredShards([folder])
  }

  /// The keys that a filter keeps.
  private func kept(_ filter: PairFilter, of shards: [[Pair]]) throws -> [String] {
    try TestData.withTemporaryFolder { folder in
      let scored = try write(shards, to: folder.appendingPathComponent("scores"))
      let output = folder.appendingPathComponent("kept")
      let report = try FilteredRun(filter, of: scored, output: output).run()
      let keys = try shards.indices.flatMap { try self.keys("\($0)", in: output) }
      let counts = report.counts
      #expect(counts.kept == keys.count)
      #expect(counts.pairs == shards.reduce(0) { $0 + $1.count })
      #expect(
        counts.pairs
          == counts.kept + counts.failed + counts.belowTop + counts.belowMinimum + counts.duplicates)
      return keys
    }
  }

  private func keys(_ shard: String, in output: URL) throws -> [String] {
    let text = try String(contentsOf: output.appendingPathComponent("\(shard).jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").compactMap {
      try JSONValue(parsing: $0.utf8).object?["key"]?.string
    }
  }

  @Test func pairsOfAScoreAreKept() throws {
    let shards: [[Pair]] = [[(0.3, 0), (0.2, 1), (nil, 2)], [(0.25, 3), (0.1, 4)]]
    #expect(try kept(PairFilter(minimumScore: 0.25), of: shards) == ["0-0", "1-0"])
    #expect(try kept(PairFilter(minimumScore: 9), of: shards).isEmpty)
  }

  @Test func theBestAreAShareOfAllThatAreScored() throws {
    let shards: [[Pair]] = [
      (0..<60).map { (Double($0 * 37 % 100), $0) }, (60..<100).map { (Double($0 * 37 % 100), $0) },
    ]
    for (fraction, count) in [(0, 0), (0.01, 1), (0.29, 29), (0.3, 30), (0.57, 57), (1, 100)] {
      let keys = try kept(PairFilter(topFraction: fraction), of: shards)
      #expect(keys.count == count)
      let numbers = shards.enumerated().flatMap { shard, pairs in
        pairs.indices.filter { (pairs[$0].score ?? 0) >= Double(100 - count) }.map { "\(shard)-\($0)" }
      }
      #expect(keys == numbers)
    }
  }

  @Test func ofEqualScoresTheEarlierAreKept() throws {
    let shards: [[Pair]] = [[(0.5, 0), (0.9, 1), (0.5, 2)], [(0.5, 3), (0.1, 4), (0.5, 5)]]
    #expect(try kept(PairFilter(topFraction: 0.5), of: shards) == ["0-0", "0-1", "0-2"])
    #expect(try kept(PairFilter(topFraction: 0.67), of: shards) == ["0-0", "0-1", "0-2", "1-0"])
  }

  @Test func ofEqualImagesTheFirstThatTheScoresKeepIsKept() throws {
    let shards: [[Pair]] = [[(0.1, 7), (0.5, 8), (0.6, 8)], [(0.9, 7), (0.9, 7), (nil, 9)], [(0.3, 9)]]
    #expect(try kept(PairFilter(removesDuplicates: true), of: shards) == ["0-0", "0-1", "2-0"])
    #expect(
      try kept(PairFilter(minimumScore: 0.2, removesDuplicates: true), of: shards) == ["0-1", "1-0", "2-0"])
    #expect(
      try kept(PairFilter(topFraction: 0.5, removesDuplicates: true), of: shards) == ["0-2", "1-0"])
  }

  @Test func aRunGoesOnAndAnotherFilterIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let scored = try write([[(0.5, 0)], [(0.6, 1)]], to: folder.appendingPathComponent("scores"))
      let output = folder.appendingPathComponent("kept")
      func run(_ filter: PairFilter, _ scored: ScoredShards) throws -> FilteredRun.Report {
        try FilteredRun(filter, of: scored, output: output).run()
      }
      let filter = PairFilter(minimumScore: 0.2)
      #expect(try run(filter, scored).written == 2)
      try FileManager.default.removeItem(at: output.appendingPathComponent("1.jsonl"))
      let again = try run(filter, scored)
      #expect((again.written, again.earlier, again.counts.kept) == (1, 1, 2))
      #expect(throws: ShardingError.self) { try run(PairFilter(minimumScore: 0.3), scored) }
      let more = try write([[(0.5, 0)], [(0.6, 1)], [(0.7, 2)]], to: folder.appendingPathComponent("scores"))
      #expect(throws: ShardingError.self) { try run(filter, more) }
    }
  }

  @Test func aListOfOtherPairsIsNotPassedOffAsDone() throws {
    try TestData.withTemporaryFolder { folder in
      let (scores, output) = (folder.appendingPathComponent("scores"), folder.appendingPathComponent("kept"))
      func run(_ shards: [[Pair]]) throws -> FilteredRun.Report {
        try FilteredRun(PairFilter(minimumScore: 0.2), of: write(shards, to: scores), output: output).run()
      }
      #expect(try run([[(0.5, 0)], [(0.6, 1)]]).counts.kept == 2)
      // As many pairs, of which one is scored otherwise.
      let error = #expect(throws: ShardingError.self) { try run([[(0.5, 0)], [(0.1, 1)]]) }
      let list = output.appendingPathComponent("1.jsonl")
      #expect(error == .otherList(file: list.relativePath))
      try FileManager.default.removeItem(at: list)
      let again = try run([[(0.5, 0)], [(0.1, 1)]])
      #expect((again.written, again.earlier, again.counts.kept) == (1, 1, 1))
      #expect(try keys("1", in: output).isEmpty)
    }
  }

  @Test func embeddingsHaveNoScores() throws {
    try TestData.withTemporaryFolder { folder in
      let scored = try write([[(nil, 0)]], to: folder.appendingPathComponent("e"), command: "embed")
      #expect(throws: ShardingError.self) {
        try FilteredRun(PairFilter(minimumScore: 1), of: scored, output: folder.appendingPathComponent("k"))
      }
      #expect(throws: ShardingError.self) { try ScoredShards([folder]) }
    }
  }

  @Test func runsOfDifferentSettingsAreNotTakenTogether() throws {
    try TestData.withTemporaryFolder { folder in
      let (a, b) = (folder.appendingPathComponent("a"), folder.appendingPathComponent("b"))
      _ = try write([[(0.5, 0)]], to: a)
      _ = try write([[(0.5, 0)]], to: b)
      try Data(#"{"command": "score", "model": "n"}"#.utf8).write(to: b.appendingPathComponent("run.json"))
      let error = #expect(throws: ShardingError.self) { try ScoredShards([a, b]) }
      #expect(
        error
          == .mixedSettings(folders: [a.relativePath, b.relativePath], setting: "model", values: ["m", "n"]))
    }
  }

  @Test func rowsThatWereCutAreToldOf() throws {
    try TestData.withTemporaryFolder { folder in
      let scored = try write([[(0.1, 0), (0.2, 1)]], to: folder.appendingPathComponent("s"))
      let rows = folder.appendingPathComponent("s/0/rows.jsonl")
      let text = try String(contentsOf: rows, encoding: .utf8)
      for part in ["", String(text.prefix(text.count / 2 + 3)), text.replacing("key", with: "id")] {
        try Data(part.utf8).write(to: rows)
        #expect(throws: ShardingError.self) {
          try FilteredRun(
            PairFilter(removesDuplicates: true), of: scored, output: folder.appendingPathComponent("k")
          ).run()
        }
      }
    }
  }

  @Test func newArchivesHaveTheKeptMembersToTheByte() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(2, of: 10, in: folder)
      let scores = folder.appendingPathComponent("scores")
      _ = try ShardedRun(.scores(), with: ShardSet.embedder(), output: scores).run(shards)
      let output = folder.appendingPathComponent("kept")
      let report = try FilteredRun(
        PairFilter(topFraction: 0.5), of: ScoredShards([scores]), output: output
      ).run(archives: shards)
      #expect(report.counts.kept == 10)
      for (index, shard) in shards.enumerated() {
        let kept = try keys(shard.name, in: output).compactMap { Int($0) }
        #expect(kept.allSatisfy { (index * 10..<(index + 1) * 10).contains($0) })
        let expected = TarBytes.file(kept.flatMap { ShardSet.members($0..<($0 + 1)) })
        #expect(try Data(contentsOf: output.appendingPathComponent("\(shard.name).tar")) == expected)
      }
    }
  }

  @Test func anArchiveThatIsNotThereIsWritten() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(2, of: 4, in: folder)
      let scores = folder.appendingPathComponent("scores")
      _ = try ShardedRun(.scores(), with: ShardSet.embedder(), output: scores).run(shards)
      let output = folder.appendingPathComponent("kept")
      func run(_ archives: [Shard]) throws -> FilteredRun.Report {
        try FilteredRun(PairFilter(topFraction: 0.5), of: ScoredShards([scores]), output: output)
          .run(archives: archives)
      }
      _ = try run([shards[0]])
      let archive = output.appendingPathComponent("\(shards[1].name).tar")
      #expect(!FileManager.default.fileExists(atPath: archive.path))
      let all = try run(shards)
      #expect((all.written, all.earlier) == (1, 1))
      #expect(FileManager.default.fileExists(atPath: archive.path))
      try FileManager.default.removeItem(at: archive)
      #expect(try run(shards).written == 1)
      #expect(FileManager.default.fileExists(atPath: archive.path))
    }
  }

  @Test func archivesOfAnotherSizeThanWereScoredAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let scores = folder.appendingPathComponent("scores")
      _ = try ShardedRun(.scores(), with: ShardSet.embedder(), output: scores)
        .run(ShardSet.write(1, of: 4, in: folder))
      let others = try ShardSet.write(1, of: 5, in: folder)
      let output = folder.appendingPathComponent("kept")
      let error = #expect(throws: ShardingError.self) {
        try FilteredRun(PairFilter(minimumScore: 0), of: ScoredShards([scores]), output: output)
          .run(archives: others)
      }
      #expect(error?.description.contains("remove \(scores.relativePath)/00000") == true)
      #expect(!FileManager.default.fileExists(atPath: output.path))
    }
  }
}
