import CLIP
import Foundation
import JSON
import Sharding
import TestSupport
import Testing

/// Outputs of shards: whole, once, and the same as without shards.
@Suite struct ShardedRunTests {
  private func embed(
    _ shards: [Shard], in folder: URL, _ task: ShardTask = .embeddings(), keepGoing: Bool = false
  ) throws -> ShardedReport {
    var run = try ShardedRun(task, with: ShardSet.embedder(), output: folder)
    run.keepGoing = keepGoing
    return try run.run(shards)
  }

  @Test func rowsAreThoseOfTheExtractedFiles() throws {
    try TestData.withTemporaryFolder { folder in
      // More than a block, so that several are put together.
      let shards = try ShardSet.write(2, of: 1100, in: folder)
      let output = folder.appendingPathComponent("out")
      let report = try embed(shards, in: output)
      #expect((report.made.count, report.pairs, report.failedPairs) == (2, 2200, 0))
      let embedder = try ShardSet.embedder()
      for (index, shard) in shards.enumerated() {
        let numbers = (index * 1100)..<((index + 1) * 1100)
        let files = try numbers.map { number in
          let file = folder.appendingPathComponent("\(number).bmp")
          try ShardSet.bitmap(number).write(to: file)
          return file
        }
        let place = output.appendingPathComponent(shard.name)
        let images = try Embeddings(contentsOf: place.appendingPathComponent("images.npy"))
        let texts = try Embeddings(contentsOf: place.appendingPathComponent("texts.npy"))
        let expected = try embedder.embedImages(at: files).embeddings
        let expectedTexts = try embedder.embedTexts(
          numbers.map { "a picture of thing number \($0)" }
        ).embeddings
        #expect(images.count == 1100 && texts.count == 1100)
        for row in 0..<1100 {
          #expect(zip(images[row], expected[row]).allSatisfy { abs($0 - $1) < 1e-6 })
          #expect(zip(texts[row], expectedTexts[row]).allSatisfy { abs($0 - $1) < 1e-6 })
        }
        let rows = try ShardSet.rows(place)
        #expect(rows.map { $0["key"]?.string } == numbers.map { "\($0)" })
        #expect(rows.map { $0["row"]?.integer } == Array(0..<1100))
        #expect(Set(rows.map { $0["sha256"]?.string }).count == 1100)
      }
      let names = try ShardSet.names(output)
      let files = ["images.npy", "rows.jsonl", "summary.json", "texts.npy"]
      #expect(
        names == ["00000"] + files.map { "00000/\($0)" } + ["00001"] + files.map { "00001/\($0)" } + [
          "run.json"
        ])
    }
  }

  @Test func aFinishedShardIsNotDoneAgain() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(3, of: 4, in: folder)
      let output = folder.appendingPathComponent("out")
      _ = try embed([shards[1]], in: output)
      let before = try ShardSet.names(output)
      let file = output.appendingPathComponent("00001/rows.jsonl")
      let modified = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
      // What a killed process may leave.
      try FileManager.default.createDirectory(
        at: output.appendingPathComponent(".00002.partial"), withIntermediateDirectories: true)
      try Data("half".utf8).write(to: output.appendingPathComponent(".00002.partial/rows.jsonl"))
      for name in ["00001", "00002"] {
        try Data().write(to: output.appendingPathComponent(".\(name).lock"))
      }
      let report = try embed(shards, in: output)
      #expect(report.made.map(\.name) == ["00000", "00002"])
      #expect(report.earlier.map(\.name) == ["00001"])
      #expect(report.pairs == 12)
      #expect(
        try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date == modified)
      #expect(try ShardSet.names(output).filter { $0.hasPrefix(".") }.isEmpty)
      #expect(try ShardSet.names(output).count == 3 * (before.count - 1) + 1)
    }
  }

  @Test func aShardThatHasChangedIsToldOf() throws {
    try TestData.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("out")
      _ = try embed(ShardSet.write(1, of: 4, in: folder), in: output)
      let shards = try ShardSet.write(1, of: 5, in: folder)
      let error = #expect(throws: ShardingError.self) { try embed(shards, in: output) }
      #expect(error?.description.contains("remove") == true)
      #expect(try embed(shards, in: output, keepGoing: true).failed.count == 1)
    }
  }

  @Test func aFinishedShardThatLacksAFileIsToldOf() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(2, of: 2, in: folder)
      for (name, task) in [("texts.npy", ShardTask.embeddings()), ("rows.jsonl", .scores())] {
        let output = folder.appendingPathComponent(name)
        _ = try embed(shards, in: output, task)
        let file = output.appendingPathComponent("00001/\(name)")
        try FileManager.default.removeItem(at: file)
        let error = #expect(throws: ShardingError.self) { try embed(shards, in: output, task) }
        #expect(error == .damagedOutput(file: file.relativePath, problem: "it is not there"))
        try FileManager.default.removeItem(at: file.deletingLastPathComponent())
        #expect(try embed(shards, in: output, task).made.map(\.name) == ["00001"])
      }
    }
  }

  @Test func otherSettingsAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(1, of: 2, in: folder)
      let output = folder.appendingPathComponent("out")
      _ = try embed(shards, in: output)
      for (task, setting) in [
        (ShardTask.embeddings(.float16), "dtype"), (.embeddings(normalized: false), "normalized"),
        (.embeddings(of: .images), "only"), (.scores(), "command"),
      ] {
        let error = #expect(throws: ShardingError.self) { try embed(shards, in: output, task) }
        #expect(error?.description.contains("made with \(setting) ") == true, "\(error?.description ?? "")")
      }
      var options = CLIPEmbedder.Options(threads: 1)
      options.precision = .int8
      let other = try CLIPEmbedder(opening: ShardSet.model, options: options)
      #expect(throws: ShardingError.self) { try ShardedRun(.embeddings(), with: other, output: output) }
    }
  }

  @Test func aFolderOfSomethingElseIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(1, of: 2, in: folder)
      #expect(throws: ShardingError.self) { try embed(shards, in: folder) }
      let output = folder.appendingPathComponent("out")
      try Data().write(to: output)
      #expect(throws: ShardingError.self) { try embed(shards, in: output) }
      let other = folder.appendingPathComponent("other")
      _ = try embed([], in: other)
      try FileManager.default.createDirectory(
        at: other.appendingPathComponent("00000"), withIntermediateDirectories: true)
      #expect(throws: ShardingError.self) { try embed(shards, in: other) }
    }
  }

  @Test func pairsThatCannotBeEmbeddedHaveARowWithTheReason() throws {
    try TestData.withTemporaryFolder { folder in
      let image = ShardSet.bitmap(1)
      let shard = try ShardSet.write(
        [
          ("a.bmp", image), ("a.txt", Data("one\n".utf8)),
          ("b.bmp", Data("no image".utf8)), ("b.txt", Data("two".utf8)),
          ("c.bmp", image), ("d.txt", Data("three".utf8)),
          ("e.bmp", image), ("e.json", Data(#"{"caption": "four", "url": "http://e", "uid": "u"}"#.utf8)),
          ("f.bmp", image), ("f.txt", Data([0xFF, 0xFE, 0x41])), ("g.bmp", image),
          ("g.txt", Data(" \n".utf8)),
          ("h.bmp", image), ("h.png", image), ("h.txt", Data("five".utf8)),
          ("i.bmp", image), ("i.txt", Data("six".utf8)), ("i.json", Data(#"{"uid": 12}"#.utf8)),
          ("i.cls", Data("3".utf8)),
          ("folder/j.seg.png", image), ("folder/j.BMP", image), ("folder/j.txt", Data("seven".utf8)),
          ("k.bmp", image), ("k.txt", Data("eight".utf8)), ("k.json", Data("{".utf8)),
          ("__MACOSX/._a.bmp", image),
        ], as: "odd", in: folder)
      let output = folder.appendingPathComponent("out")
      let report = try embed([shard], in: output)
      let rows = try ShardSet.rows(output.appendingPathComponent("odd"))
      #expect(
        rows.map { $0["key"]?.string } == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "folder/j", "k"])
      #expect(rows.map { $0["row"]?.integer } == [0, nil, nil, nil, 1, nil, nil, nil, 2, 3, 4])
      #expect(rows[0]["caption"] == "one")
      #expect(rows[4]["caption"] == "four")
      #expect(rows[4]["url"] == "http://e")
      #expect(rows[4]["uid"] == "u")
      #expect(rows[8]["uid"] == .integer(12))
      for (row, words) in [
        (1, "odd.tar: b.bmp"), (2, "no caption"), (3, "no image"), (5, "not UTF-8"), (6, "caption is"),
        (7, "several images"),
      ] {
        #expect(rows[row]["reason"]?.string?.contains(words) == true, "\(rows[row])")
      }
      #expect((report.pairs, report.embedded, report.failedPairs) == (11, 5, 6))
      let images = try Embeddings(contentsOf: output.appendingPathComponent("odd/images.npy"))
      #expect(images.count == 5)
      let only = folder.appendingPathComponent("only")
      #expect(try embed([shard], in: only, .embeddings(of: .images)).embedded == 8)
      #expect(!FileManager.default.fileExists(atPath: only.appendingPathComponent("odd/texts.npy").path))
    }
  }

  @Test func aPairWithLinksHasARowWithTheReason() throws {
    try TestData.withTemporaryFolder { folder in
      let caption = Data("one".utf8)
      let files: [(String, Data)] = [
        ("a.bmp", ShardSet.bitmap(1)), ("a.txt", caption), ("b.txt", caption),
      ]
      let links = [
        TarBytes.header("b.bmp", type: "1", target: "a.bmp"),
        TarBytes.header("c.bmp", type: "2", target: "a.bmp"),
        TarBytes.header("c.txt", type: "1", target: "a.txt"),
      ]
      let url = folder.appendingPathComponent("links.tar")
      // With more zeros than an end mark needs, as tar fills its last record.
      try (TarBytes.file(files).dropLast(1024) + links.reduce(Data(), +) + Data(count: 20_000)).write(to: url)
      let output = folder.appendingPathComponent("out")
      #expect(try embed([Shard(url)], in: output).embedded == 1)
      let rows = try ShardSet.rows(output.appendingPathComponent("links"))
      #expect(rows.map { $0["key"]?.string } == ["a", "b", "c"])
      #expect(rows.map { $0["row"]?.integer } == [0, nil, nil])
      for row in rows.dropFirst() {
        #expect(row["reason"] == "its image is a link, which is not followed")
      }
    }
  }

  @Test func anEmptyShardHasAnEmptyOutput() throws {
    try TestData.withTemporaryFolder { folder in
      let shard = try ShardSet.write([], as: "none", in: folder)
      let output = folder.appendingPathComponent("out")
      #expect(try embed([shard], in: output).pairs == 0)
      #expect(try ShardSet.rows(output.appendingPathComponent("none")).isEmpty)
    }
  }

  /// A shard that is wrong as a whole, with what is said of it.
  static let damaged: [(String, Data)] = {
    let good = TarBytes.file(ShardSet.members(0..<3))
    var flipped = good
    flipped[148] ^= 1
    // A part of a download that was not written: the header of the third pair's image among it.
    var blank = good
    let third = 6 * 512 + 2 * ((ShardSet.bitmap(0).count + 511) / 512 * 512)
    blank.replaceSubrange(third..<(third + 512), with: Data(count: 512))
    return [
      ("goes on behind its end mark", blank), ("goes on behind its end mark", good + good),
      ("ends within", good.prefix(good.count - 3000)), ("no end mark", good.dropLast(1024)),
      ("damaged", flipped), ("damaged", Data(repeating: 7, count: 5000)),
      ("leads out of", TarBytes.file([("../a.bmp", Data())])),
      ("leads out of", TarBytes.file([("/a.bmp", Data())])),
      ("there twice", TarBytes.file([("a.bmp", Data()), ("a.bmp", Data())])),
      ("next to one another", TarBytes.file([("a.bmp", Data()), ("b.bmp", Data()), ("a.txt", Data())])),
      ("compressed", GzipBytes.file(good)),
    ]
  }()

  @Test(arguments: damaged.indices) func aDamagedShardFailsAndOthersGoOn(_ index: Int) throws {
    let (words, data) = Self.damaged[index]
    try TestData.withTemporaryFolder { folder in
      let good = try ShardSet.write(1, of: 2, in: folder)
      let url = folder.appendingPathComponent("bad.tar")
      try data.write(to: url)
      let output = folder.appendingPathComponent("out")
      let error = #expect(throws: ShardingError.self) { try embed([Shard(url)] + good, in: output) }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
      #expect(try ShardSet.names(output) == ["run.json"])
      let report = try embed([Shard(url)] + good, in: output, keepGoing: true)
      #expect(report.failed.map(\.id) == ["bad"])
      #expect(report.made.map(\.name) == ["00000"])
      #expect(try ShardSet.names(output).filter { $0.hasPrefix(".") || $0.hasPrefix("bad") }.isEmpty)
    }
  }

  @Test func everyCutOfAShardIsASentence() throws {
    try TestData.withTemporaryFolder { folder in
      let whole = TarBytes.file(ShardSet.members(0..<2))
      let url = folder.appendingPathComponent("cut.tar")
      let output = folder.appendingPathComponent("out")
      for count in stride(from: 0, to: whole.count - 1024, by: 97) {
        try whole.prefix(count).write(to: url)
        let report = try embed([Shard(url)], in: output, keepGoing: true)
        #expect(report.failed.count == 1, "\(count)")
      }
    }
  }

  @Test func scoresAreThoseOfCLIPScore() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(1, of: 5, in: folder)
      let output = folder.appendingPathComponent("out")
      let report = try embed(shards, in: output, .scores())
      let rows = try ShardSet.rows(output.appendingPathComponent("00000"))
      let embedder = try ShardSet.embedder()
      for (number, row) in rows.enumerated() {
        let file = folder.appendingPathComponent("\(number).bmp")
        try ShardSet.bitmap(number).write(to: file)
        let image = try embedder.embedImages(at: [file]).embeddings[0]
        let text = try embedder.embedTexts(["A photo depicts a picture of thing number \(number)"])
          .embeddings[0]
        let cosine = zip(image, text).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs((row["cosine"]?.number ?? 9) - cosine) < 1e-6)
        #expect(abs((row["score"]?.number ?? 9) - 2.5 * max(0, cosine)) < 1e-5)
      }
      let mean = rows.reduce(0) { $0 + ($1["score"]?.number ?? 0) } / 5
      #expect(abs((report.meanScore ?? 9) - mean) < 1e-12)
      #expect(!FileManager.default.fileExists(atPath: output.appendingPathComponent("00000/images.npy").path))
    }
  }

  @Test func twoRunsAtATimeShareTheShards() throws {
    try TestData.withTemporaryFolder { folder in
      let shards = try ShardSet.write(6, of: 20, in: folder)
      let output = folder.appendingPathComponent("out")
      let reports = Reports()
      DispatchQueue.concurrentPerform(iterations: 3) { _ in
        do {
          reports.add(try ShardedRun(.embeddings(), with: ShardSet.embedder(), output: output).run(shards))
        } catch { Issue.record("\(error)") }
      }
      #expect(reports.all.flatMap { $0.made.map(\.name) }.sorted() == shards.map(\.name))
      #expect(try ShardSet.names(output).filter { $0.hasPrefix(".") }.isEmpty)
    }
  }
}

/// Reports of several threads.
private final class Reports: @unchecked Sendable {
  // Unchecked: the lock guards the list.
  private let lock = NSLock()
  private var list: [ShardedReport] = []

  func add(_ report: ShardedReport) { lock.withLock { list.append(report) } }
  var all: [ShardedReport] { lock.withLock { list } }
}
