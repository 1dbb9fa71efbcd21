import Foundation
import TestSupport
import Testing
import Training

@Suite struct TrainingSourceTests {
  @Test func aTableOfPathsAndCaptionsGroupsRowsByImage() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 3)
      #expect(set.count == 3)
      #expect(set.id(1) == "p1.jpg")
      #expect(set.captionRows(1).map(set.caption) == ["image number 1", "the same again, 1"])
      #expect(set.image(2) == .file(folder.appendingPathComponent("p2.png")))
      #expect(set.captionCount == 6)
    }
  }

  @Test func tablesComeInManyLayouts() throws {
    try TestData.withTemporaryFolder { folder in
      let layouts = [
        ("named.csv", "title,filepath\n\"a dog, running\",x/1.jpg\na cat,2.jpg\n"),
        ("named.tsv", "filepath\ttitle\nx/1.jpg\ta dog, running\n2.jpg\ta cat\n"),
        ("reversed.tsv", "a dog, running\tx/1.jpg\na cat\t2.jpg\n"),
        ("middle.tsv", "x/1.jpg\ttrain\ta dog, running\r\n2.jpg\tval\ta cat\r\n"),
      ]
      for (name, text) in layouts {
        let set = try TrainingSet.table(MadeUp.file(name, text, in: folder), images: folder)
        #expect((0..<set.count).map(set.id) == ["x/1.jpg", "2.jpg"], "\(name)")
        #expect((0..<set.captionCount).map(set.caption) == ["a dog, running", "a cat"], "\(name)")
      }
    }
  }

  @Test func rowsWithoutSenseAreListedUpToAShare() throws {
    try TestData.withTemporaryFolder { folder in
      let good = (0..<200).map { "\($0).jpg\tcaption \($0)\n" }.joined()
      let set = try TrainingSet.table(MadeUp.file("a.tsv", good + "201.jpg\n", in: folder), images: folder)
      #expect(set.count == 200)
      #expect(set.skipped.count == 1)
      #expect(set.skipped.first?.reason.contains("line 201") == true)
      let bad = try MadeUp.file("b.tsv", "1.jpg\ta\n2.jpg\n3.jpg\n", in: folder)
      #expect(message { try TrainingSet.table(bad, images: folder) }.contains("2 of 3 items"))
      let empty = try MadeUp.file("c.tsv", "just words\n", in: folder)
      #expect(
        message { try TrainingSet.table(empty, images: folder) }.contains("an image's path and a caption"))
    }
  }

  @Test func flickrsLayoutAndSplitsAreRead() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["a.jpg", "b.jpg", "c.jpg"] {
        try MadeUp.image("a.jpg").write(to: folder.appendingPathComponent(name))
      }
      let captions = try MadeUp.file(
        "tokens.txt", "a.jpg#0\tone\na.jpg#1\ttwo\nb.jpg#0\tthree\nc.jpg#0\tfour\ngone.jpg#0\tfive\n",
        in: folder)
      let split = try MadeUp.file("split.txt", "c.jpg\na\n", in: folder)
      let set = try TrainingSet.captions(captions, images: folder, split: split)
      #expect((0..<set.count).map(set.id) == ["a.jpg", "c.jpg"])
      #expect(set.captionRows(0).map(set.caption) == ["one", "two"])
      #expect(set.skipped.isEmpty)
      // Names that have no caption are listed; those that are excluded, and one whose image is gone, are not among them.
      let longer = try MadeUp.file("longer.txt", "c.jpg\nz.jpg\na\nz.jpg\ngone.jpg\ny\n", in: folder)
      let some = try TrainingSet.captions(captions, images: folder, split: longer, missingShare: 0.5)
      #expect(some.skipped.map(\.id) == ["gone.jpg", "z.jpg", "y"])
      let reason = try #require(some.skipped.last?.reason)
      #expect(
        reason.hasSuffix("tokens.txt has no caption") && reason.contains("longer.txt names y"), "\(reason)")
      let excluded = try MadeUp.file("excluded.txt", "z\n", in: folder)
      let less = try TrainingSet.captions(
        captions, images: folder, split: longer, excluding: excluded, missingShare: 0.5)
      #expect(less.skipped.map(\.id) == ["gone.jpg", "y"])
      let other = try MadeUp.file("other.txt", "z.jpg\n", in: folder)
      #expect(
        message { try TrainingSet.captions(captions, images: folder, split: other) }
          .contains("other.txt names"))
      let without = try TrainingSet.captions(captions, images: folder, excluding: split, missingShare: 0.5)
      #expect((0..<without.count).map(without.id) == ["b.jpg"])
      #expect(without.skipped.map(\.id) == ["gone.jpg"])
      #expect(message { try TrainingSet.captions(captions, images: folder) }.contains("1 of 4 items"))
    }
  }

  @Test func foldersAreClassesAndTheirNamesCaptions() throws {
    try TestData.withTemporaryFolder { folder in
      for (name, images) in [("n02", ["z.JPEG", "y.jpg"]), ("n01", ["images/x.png"]), ("empty", [])] {
        let inner = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: inner.appendingPathComponent("images"), withIntermediateDirectories: true)
        for image in images {
          try MadeUp.image("a.jpg").write(to: inner.appendingPathComponent(image))
        }
      }
      let names = try MadeUp.file("words.txt", "n01 tench, Tinca tinca\nn02\tgoldfish\n", in: folder)
      let set = try TrainingSet.folders(folder, names: names, templates: ["a {}.", "the {}."])
      #expect((0..<set.count).map(set.id) == ["n01/images/x.png", "n02/y.jpg", "n02/z.JPEG"])
      #expect((0..<set.count).map(set.label) == [0, 1, 1])
      #expect(set.classNames == ["tench", "goldfish"])
      #expect(
        set.captionRows(0).map(set.caption) == [
          "a tench.", "the tench.", "a Tinca tinca.", "the Tinca tinca.",
        ])
      #expect(set.captionRows(1) == set.captionRows(2))
      let plain = try TrainingSet.folders(folder)
      #expect(plain.captionRows(0).map(plain.caption) == ["a photo of a n01"])
    }
  }

  @Test func textsAloneComeFromLinesColumnsAndKeys() throws {
    try TestData.withTemporaryFolder { folder in
      let lines = try MadeUp.file("a.txt", "one\n\n  two \r\nthree", in: folder)
      let table = try MadeUp.file("b.tsv", "x.jpg\ttrain\tfour\ny.jpg\tval\tfive\n", in: folder)
      let json = try MadeUp.file("c.jsonl", "{\"caption\": \"six\"}\n\"seven\"\n", in: folder)
      let set = try TrainingSet.texts([lines, table, json])
      #expect(
        (0..<set.count).map { set.caption(set.captionRows($0).lowerBound) } == [
          "one", "two", "three", "four", "five", "six", "seven",
        ])
      #expect(set.image(0) == nil)
      #expect(try TrainingSet.texts([table], column: "2").caption(0) == "train")
      let other = try MadeUp.file("d.jsonl", "{\"x\": 1, \"after\": \"eight\"}\n", in: folder)
      #expect(try TrainingSet.texts([other], column: "after").caption(0) == "eight")
      #expect(
        message { try TrainingSet.texts([other]) }.contains("line 1: expected a text under \"caption\""))
      #expect(message { try TrainingSet.texts([table], column: "9") }.contains("a column \"9\""))
    }
  }

  @Test func theFingerprintOfImagesChangesWithThem() throws {
    try TestData.withTemporaryFolder { folder in
      let first = try MadeUp.set(in: folder, count: 4)
      let again = try TrainingSet.table(folder.appendingPathComponent("captions.tsv"), images: folder)
      #expect(first.imageFingerprint == again.imageFingerprint)
      let before = first.imageFingerprint
      #expect(before != first.fingerprint)
      let image = folder.appendingPathComponent("p2.png")
      // Written anew with as many bytes as before: the time alone tells.
      let moment = Date(timeIntervalSince1970: 1_000_000)
      try FileManager.default.setAttributes([.modificationDate: moment], ofItemAtPath: image.path)
      let changed = first.imageFingerprint
      #expect(changed != before && first.fingerprint == again.fingerprint)
      try FileManager.default.removeItem(at: image)
      #expect(first.imageFingerprint != changed)
    }
  }

  @Test func splitsOfCaptionFilesAreChosenByName() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["a.jpg", "b.jpg"] {
        try MadeUp.image("a.jpg").write(to: folder.appendingPathComponent(name))
      }
      let captions = try MadeUp.file(
        "dataset.json",
        #"""
        {"images": [{"filename": "a.jpg", "split": "train", "sentences": [{"raw": "one"}]},
        {"filename": "b.jpg", "split": "test", "sentences": [{"raw": "two"}]}]}
        """#, in: folder)
      let train = try TrainingSet.captions(
        captions, images: folder, split: folder.appendingPathComponent("train"))
      #expect((0..<train.count).map(train.id) == ["a.jpg"])
      #expect(message { try TrainingSet.captions(captions, images: folder) }.contains("mix train, test"))
      #expect(
        message {
          try TrainingSet.captions(captions, images: folder, split: folder.appendingPathComponent("val"))
        }
        .contains("no split \"val\""))
      let names = try MadeUp.file("names.txt", "b.jpg\n", in: folder)
      #expect(try TrainingSet.captions(captions, images: folder, split: names).id(0) == "b.jpg")
      let plain = try MadeUp.file("c.json", #"{"a.jpg": "one"}"#, in: folder)
      #expect(
        message {
          try TrainingSet.captions(plain, images: folder, split: folder.appendingPathComponent("gone.txt"))
        }
        .contains("gone.txt: cannot be read"))
    }
  }

  @Test func imagesInArchivesAreShards() throws {
    try TestData.withTemporaryFolder { folder in
      let tar = TarBytes.file([(name: "a.jpg", data: try MadeUp.image("a.jpg"))])
      try tar.write(to: folder.appendingPathComponent("x.tar"))
      let captions = try MadeUp.file("c.json", #"{"a": "one"}"#, in: folder)
      #expect(
        message { try TrainingSet.captions(captions, images: folder) }.contains("take archives as shards"))
    }
  }

  @Test func missingCaptionsAreNotLearntFrom() throws {
    try TestData.withTemporaryFolder { folder in
      let good = (0..<200).map { "\($0).jpg\tcaption \($0)\n" }.joined()
      let table = try MadeUp.file("a.tsv", good + "201.jpg\tNaN\n", in: folder)
      #expect(try TrainingSet.table(table, images: folder).skipped.count == 1)
      #expect(try TrainingSet.texts([table]).skipped.count == 1)
      let json = try MadeUp.file("b.json", #"{"1": ["one", "two"], "2": "three"}"#, in: folder)
      let flickr = try MadeUp.file("c.token.txt", "a.jpg#0\tfour\n", in: folder)
      let set = try TrainingSet.texts([json, flickr])
      #expect((0..<set.captionCount).map(set.caption) == ["one", "two", "three", "four"])
    }
  }

  @Test func setsAreJoinedFilteredAndTurnedIntoTexts() throws {
    try TestData.withTemporaryFolder { folder in
      let images = try MadeUp.set(in: folder, count: 4)
      let inner = folder.appendingPathComponent("classes/cat")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try MadeUp.image("c.png").write(to: inner.appendingPathComponent("1.png"))
      let classes = try TrainingSet.folders(folder.appendingPathComponent("classes"))
      let both = TrainingSet.joined([images, classes, images])
      #expect(both.count == 9)
      #expect(both.label(3) == nil)
      #expect(both.label(4) == 0)
      #expect(both.label(5) == nil)
      #expect(both.captionRows(4).map(both.caption) == ["a photo of a cat"])
      #expect(both.captionRows(6).map(both.caption) == images.captionRows(1).map(images.caption))
      #expect(both.image(6) == images.image(1))
      #expect(both.fingerprint != images.fingerprint)
      let odd = both.filtered { $0 % 2 == 1 }
      #expect((0..<odd.count).map(odd.id) == [1, 3, 5, 7].map(both.id))
      #expect(odd.captionRows(2).map(odd.caption) == both.captionRows(5).map(both.caption))
      let texts = both.captionsAsItems()
      #expect(texts.count == both.captionCount)
      #expect(texts.captionRows(3) == 3..<4)
      #expect(texts.image(3) == nil)
    }
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func flickr8kHasItsSplits() throws {
    let folder = try #require(TestData.shared).appendingPathComponent("flickr8k")
    func set(_ split: String) throws -> TrainingSet {
      try .captions(
        folder.appendingPathComponent("Flickr8k.token.txt"), images: folder.appendingPathComponent("images"),
        split: folder.appendingPathComponent("Flickr_8k.\(split)Images.txt"))
    }
    let (train, dev) = try (set("train"), set("dev"))
    #expect(train.count == 6000)
    #expect(train.captionCount == 30_000)
    #expect(dev.count == 1000)
    #expect(dev.captionCount == 5000)
    #expect(train.skipped.isEmpty)
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func captionsWithoutImagesAreAllThere() throws {
    let folder = try #require(TestData.shared).appendingPathComponent("captions_text")
    let counts = [
      "multi30k_without_flickr8k_test_dev.tsv.gz": 145_755, "cc3m_validation.txt.gz": 15_833,
      "coco_val2017.tsv.gz": 25_014,
    ]
    for (name, count) in counts {
      let set = try TrainingSet.texts([folder.appendingPathComponent(name)])
      #expect(set.count + set.skipped.count == count, "\(name)")
      #expect(set.skipped.count < 10, "\(name)")
    }
  }
}
