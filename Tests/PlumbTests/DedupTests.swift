import CLIP
import Foundation
import TestSupport
import Testing

/// `plumb dedup`.
@Suite struct DedupTests {
  /// The two example images, and a copy of the first with more bytes at its end.
  private func withCopies(_ body: (URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos/more", isDirectory: true)
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      let images = CommandRun.example.appendingPathComponent("images")
      for name in ["image1.jpg", "image2.jpg"] {
        try FileManager.default.copyItem(
          at: images.appendingPathComponent(name), to: folder.appendingPathComponent("photos/\(name)"))
      }
      try (Data(contentsOf: images.appendingPathComponent("image1.jpg")) + Data(count: 9)).write(
        to: photos.appendingPathComponent("copy.jpg"))
      try body(folder)
    }
  }

  @Test func duplicatesAreListedMovedAndMovedBack() throws {
    try withCopies { folder in
      let run = try CommandRun(
        ["dedup", "photos", "--html", "page.html", "--list", "list.txt", "--move-to", "away"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("photos/more/copy.jpg\n  1.0000  photos/image1.jpg\n"))
      #expect(run.output.contains("1 of 3 images are duplicates of 1 others"))
      func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
      }
      #expect(!exists("photos/image1.jpg") && exists("away/photos/image1.jpg"))
      let list = try String(contentsOf: folder.appendingPathComponent("list.txt"), encoding: .utf8)
      #expect(list == "photos/image1.jpg\n")
      let page = try String(contentsOf: folder.appendingPathComponent("page.html"), encoding: .utf8)
      #expect(page.contains("<b>kept</b>") && page.contains("data:image/jpeg;base64,"))
      let back = try CommandRun(["dedup", "--undo", "away/moved.jsonl"], in: folder)
      #expect(back.status == 0, "\(back.errors)")
      #expect(back.output == "1 file moved back\nthe list is away/moved.undone.jsonl now\n")
      #expect(exists("photos/image1.jpg") && !exists("away/moved.jsonl"))
      // The folder takes files again.
      let again = try CommandRun(["dedup", "photos", "--move-to", "away"], in: folder)
      #expect(again.status == 0 && exists("away/photos/image1.jpg"), "\(again.errors)")
    }
  }

  @Test func aCopyThatWasTurnedIsADuplicateOfOneThatIsMarkedAsTurned() throws {
    try TestData.withTemporaryFolder { folder in
      let photo = try Data(contentsOf: CommandRun.example.appendingPathComponent("images/image1.jpg"))
      try TurnedJPEG.marking(photo).write(to: folder.appendingPathComponent("marked.jpg"))
      let image = try ImageLoader(preprocessing: .init(size: .unchanged, crop: nil)).prepare(
        photo, name: "image1.jpg")
      let (width, height) = (image.width, image.height)
      // From below, as bitmaps have their rows: the turned image's last row is the stored one's last column.
      var rows: [UInt8] = []
      for column in (0..<width).reversed() {
        for line in (0..<height).reversed() {
          let start = 3 * (line * width + column)
          rows += image.pixels[start..<start + 3].reversed()
        }
        rows += [UInt8](repeating: 0, count: (4 - 3 * height % 4) % 4)
      }
      try StripedImage.bitmap(rows, width: height, height: width).write(
        to: folder.appendingPathComponent("turned.bmp"))
      let run = try CommandRun(["dedup", "."], in: folder)
      #expect(
        run.status == 0 && run.output.contains("1 of 2 images are duplicates of 1 others"), "\(run.output)")
    }
  }

  @Test func aFileIsNoDuplicateOfItself() throws {
    try withCopies { folder in
      // A loop, a link to a file, a second name of a file, and a folder that is named twice.
      let photos = folder.appendingPathComponent("photos")
      for (link, target) in [
        ("photos/again", "../photos"), ("photos/aaa.jpg", "image2.jpg"), ("photos/more/loop", ".."),
      ] {
        try FileManager.default.createSymbolicLink(
          atPath: folder.appendingPathComponent(link).path, withDestinationPath: target)
      }
      try FileManager.default.linkItem(
        at: photos.appendingPathComponent("image1.jpg"), to: photos.appendingPathComponent("other.jpg"))
      let run = try CommandRun(
        ["dedup", "photos", "photos/more", "--list", "list.txt", "--move-to", "away"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("1 of 3 images are duplicates of 1 others"), "\(run.output)")
      let list = try String(contentsOf: folder.appendingPathComponent("list.txt"), encoding: .utf8)
      #expect(list == "photos/image1.jpg\n")
      for name in ["image2.jpg", "aaa.jpg", "other.jpg", "more/copy.jpg"] {
        #expect(FileManager.default.fileExists(atPath: photos.appendingPathComponent(name).path), "\(name)")
      }
    }
  }

  @Test func aFolderOfTheInputTakesNoFiles() throws {
    try withCopies { folder in
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("link"),
        withDestinationURL: folder.appendingPathComponent("photos/more"))
      for place in ["photos", "photos/", "photos/away", "./photos/more/new/away", "link/away"] {
        let run = try CommandRun(["dedup", "photos", "--move-to", place], in: folder)
        #expect(run.isOneSentence(about: "the input photos"), "\(place): \(run.errors)")
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("photos").path)
          .sorted() == ["image1.jpg", "image2.jpg", "more"])
      // The name begins like the input's, and it is another folder.
      #expect(try CommandRun(["dedup", "photos", "--move-to", "photos-away"], in: folder).status == 0)
    }
  }

  @Test func aListThatIsThereIsToldOfBeforeTheWork() throws {
    try withCopies { folder in
      let away = folder.appendingPathComponent("away")
      try FileManager.default.createDirectory(at: away, withIntermediateDirectories: true)
      try Data().write(to: away.appendingPathComponent("moved.jsonl"))
      // Images that cannot be read would be told of later.
      try Data("none".utf8).write(to: folder.appendingPathComponent("photos/image2.jpg"))
      let run = try CommandRun(["dedup", "photos", "--move-to", "away"], in: folder)
      #expect(run.isOneSentence(about: "away/moved.jsonl"), "\(run.errors)")
      #expect(run.errors.contains("a list of earlier moves is there already"))
    }
  }

  @Test func whatIsMissingIsListedAndTheRestMovedBack() throws {
    try withCopies { folder in
      try Data(
        contentsOf: folder.appendingPathComponent("photos/image1.jpg")
      ).write(to: folder.appendingPathComponent("photos/third.jpg"))
      #expect(try CommandRun(["dedup", "photos", "--move-to", "away"], in: folder).status == 0)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("away/photos/image1.jpg"))
      let back = try CommandRun(["dedup", "--undo", "away/moved.jsonl"], in: folder)
      #expect(back.status == 2 && back.output == "1 file moved back\n")
      #expect(back.errors.contains("away/photos/image1.jpg: the file is not there"), "\(back.errors)")
      func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
      }
      #expect(exists("photos/third.jpg") && exists("away/moved.jsonl"))
    }
  }

  @Test func noFileGoesForAMemberOfAnArchive() throws {
    try withCopies { folder in
      let image = try Data(contentsOf: folder.appendingPathComponent("photos/image2.jpg"))
      try TarBytes.file([("big.jpg", image + Data(count: 99))]).write(
        to: folder.appendingPathComponent("photos/more/a.tar"))
      let run = try CommandRun(
        ["dedup", "photos", "--move-to", "away", "--list", "list.txt", "--json"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try json(run.output)["moved"] as? Int == 1)
      let list = try String(contentsOf: folder.appendingPathComponent("list.txt"), encoding: .utf8)
      let names = list.split(separator: "\n").map(String.init).sorted { $0.count < $1.count }
      #expect(names.count == 2 && names[0] == "photos/image1.jpg", "\(list)")
      #expect(names.last?.hasSuffix("photos/more/a.tar: big.jpg") == true, "\(list)")
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("photos/image2.jpg").path))
    }
  }

  @Test func nearDuplicatesOfShardsAreFilteredOut() throws {
    try withCopies { folder in
      let photos = folder.appendingPathComponent("photos")
      let (one, two) = (
        try Data(contentsOf: photos.appendingPathComponent("image1.jpg")),
        try Data(contentsOf: photos.appendingPathComponent("image2.jpg"))
      )
      func pair(_ name: String, _ image: Data) -> [(name: String, data: Data)] {
        [("\(name).jpg", image), ("\(name).txt", Data("a caption".utf8))]
      }
      // Two images of one name in different folders of an archive are two images.
      try TarBytes.file(pair("x/a", one) + pair("x/b", one + Data(count: 1)) + pair("y/a", two)).write(
        to: folder.appendingPathComponent("00.tar"))
      try TarBytes.file(pair("a", two)).write(to: folder.appendingPathComponent("01.tar"))
      let scored = try CommandRun(["score", "--shards", "00.tar", "01.tar", "-o", "scores"], in: folder)
      #expect(scored.status == 0, "\(scored.errors)")
      let found = try CommandRun(["dedup", "00.tar", "01.tar", "--list", "list.txt"], in: folder)
      #expect(found.status == 0, "\(found.errors)")
      let run = try CommandRun(
        [
          "filter", "scores", "--exclude", "list.txt", "--shards", "00.tar", "01.tar", "-o", "kept",
          "--json",
        ], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let report = try json(run.output)
      #expect(report["excluded"] as? Int == 2 && report["kept"] as? Int == 2, "\(run.output)")
      // Of the two copies the longer is kept, and of equal ones the first.
      #expect(
        try Data(contentsOf: folder.appendingPathComponent("kept/00.tar"))
          == TarBytes.file(pair("x/b", one + Data(count: 1)) + pair("y/a", two)))
      #expect(try Data(contentsOf: folder.appendingPathComponent("kept/01.tar")) == TarBytes.file([]))
      // Another list is another filter, and one of other files excludes nothing.
      try Data("00.tar: y/a.jpg\n".utf8).write(to: folder.appendingPathComponent("list.txt"))
      let other = try CommandRun(["filter", "scores", "--exclude", "list.txt", "-o", "kept"], in: folder)
      #expect(other.isOneSentence(about: "made with excluded_members_sha256"), "\(other.errors)")
      try Data("photos/a.jpg\n02.tar: c.jpg\n".utf8).write(to: folder.appendingPathComponent("list.txt"))
      let none = try CommandRun(["filter", "scores", "--exclude", "list.txt", "-o", "more"], in: folder)
      #expect(none.isOneSentence(about: "its list names no member of the 2 shards"), "\(none.errors)")
    }
  }

  @Test func theJSONHasTheGroups() throws {
    try withCopies { folder in
      let run = try CommandRun(["dedup", "photos", "--json", "--similarity", "0.999"], in: folder)
      let groups = try #require(try json(run.output)["groups"] as? [[String: Any]])
      #expect(groups.count == 1 && groups[0]["kept"] as? String == "photos/more/copy.jpg")
    }
  }

  @Test(arguments: [
    (["dedup"], 64, "Missing expected argument"),
    (["dedup", "images", "--undo", "x"], 64, "give it alone"),
    (["dedup", "images", "--similarity", "2"], 64, "--similarity must be from 0 to 1"),
    (["dedup", "-"], 64, "in place of -"), (["dedup", "--undo", "-"], 64, "in place of -"),
    (["dedup", "--undo", "nowhere.jsonl"], 1, "there is no such list of moves"),
  ])
  func whatIsWrongIsSaid(arguments: [String], status: Int, message: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == Int32(status))
    #expect(run.errors.contains(message), "\(run.errors)")
  }
}
