import CLIP
import Foundation
import TestSupport
import Testing
import Training

@Suite struct ShardTests {
  static let folder = MadeUp.fixtures.appendingPathComponent("shards")

  static func set(_ name: String, _ options: ShardOptions = ShardOptions()) throws -> TrainingSet {
    try .shards([name], relativeTo: folder, options: options)
  }

  static func bytes(_ set: TrainingSet, _ item: Int) throws -> Data? {
    try set.image(item)?.withBytes { Data($0) }
  }

  @Test(arguments: ["pax-0000.tar", "gnu-0000.tar", "gz-0000.tar.gz", "zst-0000.tar.zst"])
  func samplesAreGroupedByKeyAndHoldTheBytesThatWentIn(name: String) throws {
    var options = ShardOptions()
    options.classNames = ["cat", "dog"]
    options.missingShare = 0
    let set = try Self.set(name, options)
    let deep = String(repeating: "a-very-long-folder-name/", count: 8)
    #expect((0..<set.count).map(set.id) == ["000", "001", "sub/002", deep + "004"].map { "\(name)/\($0)" })
    #expect(set.captionRows(0).map(set.caption) == ["a first caption", "and a second one"])
    #expect(set.captionRows(1).map(set.caption) == ["from json"])
    #expect(set.captionRows(2).map(set.caption) == ["dog"])
    #expect(set.label(2) == 1)
    #expect(set.captionRows(3).map(set.caption) == ["ein Käfer"])
    for (item, image) in ["a.jpg", "c.png", "d.webp", "b.jpg"].enumerated() {
      #expect(try Self.bytes(set, item) == MadeUp.image(image), "item \(item)")
    }
    switch set.image(0) {
    case .entry: #expect(name.hasSuffix(".tar"))
    case .memory: #expect(!name.hasSuffix(".tar"))
    default: Issue.record("no image")
    }
  }

  @Test func patternsStandForFilesInTheirOrder() throws {
    let set = try Self.set("plain-{0000..0001}.tar")
    #expect(
      (0..<set.count).map(set.id) == ["plain-0000.tar/000", "plain-0000.tar/001", "plain-0001.tar/sub/002"])
    #expect(try Self.set("{plain,gnu}-0000.tar").count == 6)
    for (pattern, problem) in [
      ("a-{0000..0", "never closed"), ("a-{5..2}.tar", "no range"),
      ("a-{x}.tar", "neither a range nor a list"),
      ("a-{0..999999999999}.tar", "more than 100000"), ("{0..999}{0..999}", "more than 100000"),
      ("a-{-5..2}.tar", "no range"), ("a-{99999999999999999999..2}.tar", "no range"),
    ] {
      #expect(message { try Self.set(pattern) }.contains(problem), "\(pattern)")
    }
    #expect(message { try Self.set("none-{00..01}.tar") }.contains("none-00.tar: cannot be read"))
  }

  @Test func textsMayBeNamesPutIntoSentences() throws {
    try TestData.withTemporaryFolder { folder in
      let tar = TarBytes.file([
        ("1.jpg", try MadeUp.image("a.jpg")), ("1.txt", Data("tench, Tinca tinca\n".utf8)),
      ])
      try tar.write(to: folder.appendingPathComponent("x.tar"))
      var options = ShardOptions()
      options.splitsNames = true
      options.templates = ["a photo of a {}", "{}"]
      let set = try TrainingSet.shards(["x.tar"], relativeTo: folder, options: options)
      #expect(
        set.captionRows(0).map(set.caption) == [
          "a photo of a tench", "tench", "a photo of a Tinca tinca", "Tinca tinca",
        ])
    }
  }

  @Test func namesThatLeadOutsideAreOnlyNames() throws {
    let set = try Self.set("escape.tar")
    #expect((0..<set.count).map(set.id) == ["escape.tar/../../etc/passwd", "escape.tar//absolute"])
    #expect(try Self.bytes(set, 0) == MadeUp.image("a.jpg"))
    #expect(try Self.bytes(set, 1) == MadeUp.image("b.jpg"))
  }

  @Test func archivesThatEndEarlyOrAreNoneAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let whole = try Data(contentsOf: Self.folder.appendingPathComponent("plain-0000.tar"))
      for count in [600, 1000, 1600] {
        try whole.prefix(count).write(to: folder.appendingPathComponent("cut.tar"))
        #expect(
          message { try TrainingSet.shards(["cut.tar"], relativeTo: folder) }.contains("cut.tar: "),
          "\(count)")
      }
      _ = try MadeUp.file("text.tar", "no archive at all", in: folder)
      #expect(message { try TrainingSet.shards(["text.tar"], relativeTo: folder) }.contains("text.tar: "))
      #expect(
        message { try TrainingSet.shards([folder.path]) }.contains("it is not a file"))
    }
  }

  @Test func largeEntriesCostTheirSampleAndLargeCompressedShardsAreRefused() throws {
    var options = ShardOptions()
    options.imageLimit = 1200
    options.missingShare = 1
    let set = try Self.set("pax-0000.tar", options)
    #expect(set.skipped.count == 2)
    #expect(set.skipped.allSatisfy { $0.reason.contains("an image of at most 1200 bytes") })
    options = ShardOptions()
    options.memoryLimit = 3000
    #expect(message { try Self.set("gz-0000.tar.gz", options) }.contains("Decompress the shards"))
    options.textLimit = 4
    options.memoryLimit = 1 << 20
    #expect(message { try Self.set("pax-0000.tar", options) }.contains("at most 4 bytes"))
  }

  @Test func damagedArchivesNeitherCrashNorTakeAllMemory() throws {
    let names = ["pax-0000.tar", "gnu-0000.tar", "gz-0000.tar.gz", "zst-0000.tar.zst", "escape.tar"]
    let corpus = try names.map { try Data(contentsOf: Self.folder.appendingPathComponent($0)) }
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("x.tar")
      var options = ShardOptions()
      options.missingShare = 1
      options.memoryLimit = 1 << 22
      Fuzzing.run(corpus: corpus) { data in
        try data.write(to: url)
        let set = try TrainingSet.shards([url.path], options: options)
        for item in 0..<set.count { _ = try Self.bytes(set, item) }
      }
    }
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func tinyImageNetIsReadInPlace() throws {
    let folder = try #require(TestData.shared).appendingPathComponent("tiny_imagenet")
    var options = ShardOptions()
    options.splitsNames = true
    let set = try TrainingSet.shards(["{00000..00007}.tar"], relativeTo: folder, options: options)
    #expect(set.count == 16_000)
    #expect(set.skipped.isEmpty)
    let loader = ImageLoader(preprocessing: .clip(imageSize: 32))
    for item in stride(from: 0, to: 16_000, by: 397) {
      let location = try #require(set.image(item))
      let image = try location.withBytes { try loader.prepare($0, name: location.name) }
      #expect(image.height == 32)
    }
  }
}
