import Foundation
import JSON
import TestSupport
import Testing

/// What `plumb index` makes of folders with more than images in them.
@Suite struct IndexWalkTests {
  private func index(_ arguments: String..., in folder: URL) throws -> CommandRun {
    try CommandRun(
      ["index"] + arguments + ["--index", "own.index", "--model", ScoreTests.tinyModel], in: folder)
  }

  /// A folder with `photos/more`, in both of which is an image.
  private func withPhotos(_ body: (_ folder: URL, _ photos: URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(
        at: photos.appendingPathComponent("more"), withIntermediateDirectories: true)
      for (number, name) in ["one.bmp", "more/two.bmp"].enumerated() {
        try StripedImage.bitmap(number).write(to: photos.appendingPathComponent(name))
      }
      try body(folder, photos)
    }
  }

  @Test func hiddenFilesAndLoopsAreCountedAndNoFailure() throws {
    try withPhotos { folder, photos in
      let manager = FileManager.default
      let plain = try index("photos", in: folder)
      #expect(plain.status == 0 && plain.output.hasSuffix(", 0 gone\n"), "\(plain.output)\(plain.errors)")
      // Three hidden images and a hidden folder with one; what is neither is not counted.
      try manager.createDirectory(
        at: photos.appendingPathComponent("more/.trash"), withIntermediateDirectories: true)
      for name in [
        ".secret.jpg", "._x.jpg", "more/.other.PNG", "more/.trash/old.bmp", ".gitignore", "notes.txt",
      ] {
        try StripedImage.bitmap(7).write(to: photos.appendingPathComponent(name))
      }
      for (link, target) in [("more/up", ".."), ("here", "."), ("more/good.bmp", "../one.bmp")] {
        try manager.createSymbolicLink(
          atPath: photos.appendingPathComponent(link).path, withDestinationPath: target)
      }
      // A folder that is asked for twice is no loop.
      let run = try index("photos", "photos/more", in: folder)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output.contains(": 3 images by "), "\(run.output)")
      #expect(run.output.hasSuffix(", 0 gone, 4 hidden, 2 looping links\n"), "\(run.output)")
      let document = try index("--json", in: folder)
      let object = try #require(JSONValue(parsing: document.output.utf8).object)
      #expect(document.status == 0 && object["images"]?.integer == 3)
      #expect(object["hidden"]?.integer == 4 && object["loops"]?.integer == 2)
      #expect(object["skipped"] == .array([]))
    }
  }

  @Test func whatIsNoFileIsListedAndNeverFatal() throws {
    try withPhotos { folder, photos in
      for (link, target) in [("dangling.jpg", "nowhere"), ("itself", "itself")] {
        try FileManager.default.createSymbolicLink(
          atPath: photos.appendingPathComponent(link).path, withDestinationPath: target)
      }
      try #require(mkfifo(photos.appendingPathComponent("pipe.png").path, 0o644) == 0)
      let name = Array((photos.path + "/caf").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9)]
      let path = name + Array(".bmp".utf8CString)
      let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      try #require(file >= 0)
      close(file)
      // Foundation cannot name it.
      defer { unlink(path) }
      var reasons = [
        "dangling.jpg": "No such file or directory", "itself": "Too many levels of symbolic links",
        "pipe.png": "it is not a regular file", "caf\u{FFFD}.bmp": "its name is not UTF-8",
      ]
      let closed = photos.appendingPathComponent("closed")
      defer { chmod(closed.path, 0o700) }
      // Nothing is closed to the superuser.
      if getuid() != 0 {
        try FileManager.default.createDirectory(at: closed, withIntermediateDirectories: true)
        try #require(chmod(closed.path, 0) == 0)
        reasons["closed"] = "Permission denied"
      }
      let run = try index("photos", "--json", in: folder)
      let object = try #require(JSONValue(parsing: run.output.utf8).object, "\(run.errors)")
      #expect(run.status == 2 && object["images"]?.integer == 2)
      #expect(object["hidden"]?.integer == 0 && object["loops"]?.integer == 0)
      let skipped = (object["skipped"]?.array ?? []).compactMap(\.object).map {
        ((($0["path"]?.string ?? "") as NSString).lastPathComponent, $0["reason"]?.string ?? "")
      }
      #expect(Dictionary(uniqueKeysWithValues: skipped) == reasons)
      let text = try index("photos", in: folder)
      #expect(text.status == 2 && text.output.contains(": 2 images by "), "\(text.output)")
      for reason in reasons.values { #expect(text.errors.contains(reason), "\(text.errors)") }
    }
  }

  /// Cameras and archives give files any time.
  @Test func timesThatNanosecondsDoNotHoldAreTaken() throws {
    try withPhotos { folder, photos in
      for (seconds, name) in [(13_569_465_600, "one.bmp"), (-20_000_000_000, "more/two.bmp")] {
        let time = timespec(tv_sec: seconds, tv_nsec: 0)
        let set = utimensat(AT_FDCWD, photos.appendingPathComponent(name).path, [time, time], 0)
        try #require(set == 0)
      }
      let run = try index("photos", in: folder)
      #expect(run.status == 0 && run.output.contains(": 2 images by "), "\(run.output)\(run.errors)")
      let again = try index(in: folder)
      #expect(again.status == 0 && again.output.contains("2 unchanged"), "\(again.output)\(again.errors)")
      let late = try CommandRun(
        ["search", "a dog", "--since", "2038-01-01", "--paths", "--index", "own.index"], in: folder)
      #expect(late.output.hasSuffix("photos/one.bmp\n"), "\(late.output)\(late.errors)")
    }
  }

  /// File systems tell names apart by their bytes. For `String` é is the same in one character and in two, and a combining mark is one
  /// character with the slash before it.
  @Test func namesAreToldApartByTheirBytes() throws {
    try withPhotos { folder, photos in
      let paths = ["caf\u{E9}.bmp", "cafe\u{301}.bmp", "\u{301}x.bmp"].map { photos.path + "/" + $0 }
      for (number, path) in paths.enumerated() {
        try StripedImage.bitmap(number + 2).write(to: URL(fileURLWithPath: path))
      }
      let made = try index("photos", in: folder)
      #expect(made.status == 0 && made.output.contains(": 5 images by "), "\(made.output)\(made.errors)")
      let found = try CommandRun(
        ["search", "a dog", "--in", "photos", "--paths", "--index", "own.index"], in: folder)
      #expect(found.output.split(separator: "\n").count == 5, "\(found.output)\(found.errors)")
      // Another spelling is another file, and one that is gone is gone.
      try #require(unlink(paths[2]) == 0 && unlink(paths[1]) == 0)
      let fewer = try index(in: folder)
      #expect(fewer.output.contains("3 unchanged, 2 gone"), "\(fewer.output)\(fewer.errors)")
      try #require(rename(paths[0], paths[1]) == 0)
      let renamed = try index(in: folder)
      #expect(
        renamed.output.contains("1 known by their content, 2 unchanged, 1 gone"),
        "\(renamed.output)\(renamed.errors)")
      let again = try index(in: folder)
      #expect(again.status == 0 && again.output.contains("3 unchanged, 0 gone"), "\(again.errors)")
    }
  }

  @Test func aWrongPathLeavesNoIndexBehind() throws {
    try withPhotos { folder, _ in
      for paths in [["nowhere"], ["-"], ["photos", "nowhere"]] {
        let run = try CommandRun(
          ["index"] + paths + ["--index", "own.index", "--model", ScoreTests.tinyModel], in: folder)
        let wrong = try #require(paths.last)
        #expect(run.isOneSentence(about: "\(wrong): cannot be read (No such file"), "\(run.errors)")
      }
      let none = try index(in: folder)
      #expect(none.isOneSentence(about: "name the folders"), "\(none.errors)")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left == ["photos"])
      // One that is there is as it was.
      #expect(try index("photos", in: folder).status == 0)
      #expect(try index("photos", "nowhere", in: folder).status == 1)
      let again = try index(in: folder)
      #expect(again.status == 0 && again.output.contains("2 unchanged"), "\(again.errors)")
    }
  }
}
