import CLIP
import CaptionData
import Files
import Foundation
import TestSupport
import Testing

/// Images in sub-folders and in tar archives, as img2dataset and webdataset leave them.
@Suite struct ImageArchiveTests {
  private let image = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples/cats-and-dogs/images/image1.jpg")

  private func write(_ paths: [String], in folder: URL) throws {
    for path in paths {
      let file = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
    }
  }

  @Test func imagesInSubfoldersAreFoundByTheirNames() throws {
    try TestData.withTemporaryFolder { folder in
      try write(
        [
          "00000/000000000.jpg", "00000/000000000.txt", "00001/000010000.jpg", "00001/000010000.json",
          "x.jpg", "a/x.jpg", "a/y.jpg",
          "b/y.png",
        ], in: folder)
      var images = try ImageFolder(folder)
      #expect(try images.image(for: "000010000").path.hasSuffix("/00001/000010000.jpg"))
      #expect(try images.image(for: "000000000.jpg").path.hasSuffix("/00000/000000000.jpg"))
      #expect(
        try images.image(for: "x").path == folder.appendingPathComponent("x.jpg").path, "the nearer one")
      let several = #expect(throws: DatasetError.self) { try images.image(for: "y") }
      #expect(several?.description.contains("\"a/y.jpg\", \"b/y.png\"") == true)
      #expect(throws: DatasetError.self) { try images.image(for: "z") }
    }
  }

  @Test func foldersAreFollowedToAnyDepthAndLoopsOnce() throws {
    try TestData.withTemporaryFolder { folder in
      try write(["x.jpg", "b/c/d/e/f/y.jpg", "b/z.jpg"], in: folder)
      for (link, target) in [("a", "b"), ("b/c/loop", "../.."), ("b/self", ".")] {
        try FileManager.default.createSymbolicLink(
          atPath: folder.appendingPathComponent(link).path, withDestinationPath: target)
      }
      let list = try ImageList([folder], withSubfolders: true)
      let names = list.urls.map { String($0.path.dropFirst(folder.path.count + 1)) }
      #expect(names == ["x.jpg", "b/c/d/e/f/y.jpg", "b/z.jpg"])
      var images = try ImageFolder(folder)
      #expect(try images.image(for: "y").path.hasSuffix("/b/c/d/e/f/y.jpg"))
      #expect(
        try images.image(for: "z.jpg").path.hasSuffix("/b/z.jpg"), "not a/z.jpg, which is the same file")
    }
  }

  @Test func anIDMayBeginWithTheFoldersOwnName() throws {
    try TestData.withTemporaryFolder { folder in
      try write(["val2014/000.jpg", "val2014/COCO_val2014_000000000042.jpg"], in: folder)
      for place in [folder, folder.appendingPathComponent("val2014")] {
        var images = try ImageFolder(place)
        #expect(try images.image(for: "val2014/000.jpg").lastPathComponent == "000.jpg")
        #expect(try images.image(for: "val2014/42").lastPathComponent == "COCO_val2014_000000000042.jpg")
        #expect(throws: DatasetError.self) { try images.image(for: "train2014/000.jpg") }
      }
    }
  }

  @Test func imagesInTarArchivesAreReadInPlace() throws {
    try TestData.withTemporaryFolder { folder in
      let data = try Data(contentsOf: image)
      for (shard, names) in [("00000.tar", ["000000000", "a b#c:d"]), ("00001.tar", ["sub/000010000"])] {
        let entries = names.flatMap { name in
          [(name: name + ".jpg", data: data), (name: name + ".txt", data: Data("a cat".utf8))]
        }
        try TarBytes.file(entries).write(to: folder.appendingPathComponent(shard))
      }
      let loader = ImageLoader(preprocessing: .clip(imageSize: 32))
      let expected = try loader.prepare(contentsOf: image)
      var images = try ImageFolder(folder)
      for (id, name) in [
        ("000000000", "000000000.jpg"), ("000010000", "sub/000010000.jpg"), ("a b#c:d.jpg", "a b#c:d.jpg"),
      ] {
        let url = try images.image(for: id)
        #expect(FileStretch(url)?.name == name)
        #expect(try loader.prepare(contentsOf: url) == expected)
      }
      var alone = try ImageFolder(folder.appendingPathComponent("00001.tar"))
      #expect(try loader.prepare(contentsOf: alone.image(for: "000010000")) == expected)
      let missing = #expect(throws: DatasetError.self) { try alone.image(for: "000000000") }
      #expect(missing?.description.contains("00001.tar") == true)
      #expect(try ImageList([folder.appendingPathComponent("00000.tar")]).urls.count == 2)
      // The archive is cut short between finding and reading.
      let url = try images.image(for: "000000000")
      try Data(count: 600).write(to: folder.appendingPathComponent("00000.tar"))
      let cut = #expect(throws: ImageError.self) { try loader.prepare(contentsOf: url) }
      #expect(cut?.description.contains("00000.tar: 000000000.jpg: cannot be read") == true)
    }
  }

  @Test func compressedAndDamagedArchivesAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let tar = TarBytes.file([(name: "a.jpg", data: Data(count: 900))])
      let file = folder.appendingPathComponent("x.tar")
      try GzipBytes.file(tar).write(to: file)
      let compressed = #expect(throws: DatasetError.self) { try ImageFolder(file) }
      #expect(compressed?.description.contains("unpack it with gunzip") == true)
      try tar.prefix(700).write(to: file)
      #expect(throws: DatasetError.self) { try ImageFolder(file) }
      try Data("no archive at all".utf8).write(to: file)
      #expect(throws: DatasetError.self) { try ImageFolder(file) }
      Fuzzing.run(corpus: [tar, GzipBytes.file(tar)], seed: 7, iterations: 150) { input in
        try input.write(to: file)
        var images = try ImageFolder(file)
        _ = try images.image(for: "a")
      }
    }
  }

  @Test func aStretchOfAFileIsAURL() throws {
    let stretch = FileStretch(
      of: URL(fileURLWithPath: "/a b/x#1.tar"), name: "é/1 2.jpg", offset: 512, size: 7)
    #expect(FileStretch(stretch.url) == stretch)
    #expect(stretch.url.path == "/a b/x#1.tar")
    #expect(FileStretch(URL(fileURLWithPath: "/a#1:2:b.jpg")) == nil)
  }
}
