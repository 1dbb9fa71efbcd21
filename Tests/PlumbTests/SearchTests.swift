import Foundation
import JSON
import TestSupport
import Testing

/// `plumb index` and `plumb search` on small images.
@Suite struct SearchTests {
  /// A folder `photos` of five images, one of them in a folder below.
  private func withPhotos(_ body: (_ folder: URL, _ names: [String]) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("photos/more"), withIntermediateDirectories: true)
      let names = (1...5).map { "image\($0).bmp" }
      for (index, name) in names.enumerated() {
        try StripedImage.bitmap(index).write(
          to: folder.appendingPathComponent(index == 4 ? "photos/more/\(name)" : "photos/\(name)"))
      }
      try body(folder, names)
    }
  }

  private func run(_ arguments: String..., in folder: URL) throws -> CommandRun {
    try CommandRun(arguments + ["--index", "own.index"], in: folder)
  }

  private func report(_ run: CommandRun) throws -> [String: Int] {
    let object = try JSONValue(parsing: run.output.utf8).object
    return Dictionary(
      uniqueKeysWithValues: ["images", "embedded", "reused", "unchanged", "deleted"].map {
        ($0, object?[$0]?.integer ?? -1)
      })
  }

  @Test func anIndexFollowsItsFolders() throws {
    try withPhotos { folder, names in
      let manager = FileManager.default
      func update(_ arguments: String...) throws -> [String: Int] {
        let run = try CommandRun(
          ["index"] + arguments + ["--json", "--index", "own.index", "--model", ScoreTests.tinyModel],
          in: folder)
        #expect(run.status == 0, "\(run.errors)")
        return try report(run)
      }
      let counts = try update("photos")
      #expect(counts == ["images": 5, "embedded": 5, "reused": 0, "unchanged": 0, "deleted": 0])
      #expect(try update() == ["images": 5, "embedded": 0, "reused": 0, "unchanged": 5, "deleted": 0])
      // Moved, copied, deleted.
      let photos = folder.appendingPathComponent("photos")
      try manager.moveItem(
        at: photos.appendingPathComponent(names[0]), to: photos.appendingPathComponent("more/moved.bmp"))
      try manager.copyItem(
        at: photos.appendingPathComponent(names[1]), to: photos.appendingPathComponent("copy.bmp"))
      try manager.removeItem(at: photos.appendingPathComponent(names[2]))
      #expect(try update() == ["images": 5, "embedded": 0, "reused": 2, "unchanged": 3, "deleted": 2])
      // Written over with something else.
      try Data(contentsOf: photos.appendingPathComponent(names[3])).write(
        to: photos.appendingPathComponent("copy.bmp"))
      #expect(try update()["reused"] == 1)
      // What an interrupted run has left behind the last row is written over.
      let vectors = folder.appendingPathComponent("own.index/vectors")
      let whole = try Data(contentsOf: vectors)
      try (whole + Data(repeating: 0xFF, count: 1000)).write(to: vectors)
      try StripedImage.bitmap(9).write(to: photos.appendingPathComponent("new.bmp"))
      #expect(try update()["embedded"] == 1)
      let hits = try run("search", "photos/new.bmp", "--top", "1", "--paths", in: folder)
      #expect(hits.output.hasSuffix("photos/new.bmp\n"), "\(hits.output)\(hits.errors)")
      // Rows that are missing are noticed.
      try whole.prefix(10).write(to: vectors)
      let damaged = try run("search", "a dog", in: folder)
      #expect(damaged.isOneSentence(about: "rows in place of"), "\(damaged.errors)")
    }
  }

  @Test func whatCannotBeReadIsListedAndTriedAgainWhenItChanges() throws {
    try withPhotos { folder, names in
      let bad = folder.appendingPathComponent("photos/bad.jpg")
      try Data("no image".utf8).write(to: bad)
      try Data().write(to: folder.appendingPathComponent("photos/._hidden.jpg"))
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("photos/more/loop").path, withDestinationPath: "..")
      let arguments = ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel]
      for _ in 0..<2 {
        let run = try CommandRun(arguments, in: folder)
        #expect(run.status == 2 && run.output.contains("5 images"), "\(run.output)\(run.errors)")
        #expect(run.errors.contains("bad.jpg: ") && !run.errors.contains("hidden"), "\(run.errors)")
        #expect(run.errors.components(separatedBy: "bad.jpg").count == 2, "\(run.errors)")
      }
      try FileManager.default.removeItem(at: bad)
      try FileManager.default.copyItem(at: folder.appendingPathComponent("photos/\(names[0])"), to: bad)
      let mended = try CommandRun(arguments, in: folder)
      #expect(mended.status == 0 && mended.output.contains("6 images"), "\(mended.errors)")
    }
  }

  @Test func anIndexOfBytesScoresAsOneOfNumbers() throws {
    try withPhotos { folder, _ in
      func scores(_ index: String) throws -> [Double?] {
        let run = try CommandRun(["search", "a dog", "--json", "--index", index], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let hits = try JSONValue(parsing: run.output.utf8).object?["hits"]?.array
        return (hits ?? []).map { $0.object?["score"]?.number }
      }
      for type in ["float32", "int8"] {
        let made = try CommandRun(
          ["index", "photos", "--index", type, "--model", ScoreTests.tinyModel, "--dtype", type], in: folder)
        #expect(made.status == 0, "\(made.errors)")
      }
      let (numbers, bytes) = (try scores("float32"), try scores("int8"))
      #expect(numbers.count == 5 && bytes.count == 5)
      for (a, b) in zip(numbers, bytes) { #expect(abs((a ?? -1) - (b ?? -2)) < 2e-4) }
      // An index that is older than its remainders is searched by its bytes.
      try FileManager.default.removeItem(at: folder.appendingPathComponent("int8/remainders"))
      #expect(try scores("int8").count == 5)
    }
  }

  /// Beside a SQLite file lie others while it is open, which a full disk has no room for.
  @Test func anIndexOnAFullDiskIsSearched() throws {
    try withPhotos { folder, _ in
      let made = try CommandRun(
        ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel], in: folder)
      #expect(made.status == 0, "\(made.errors)")
      // No file can grow, as on a full disk, and the signal that tells of it is ignored.
      func withoutRoom(_ arguments: String) throws -> ProgramRun {
        try ProgramRun(
          "/bin/sh",
          [
            "-c", "ulimit -f 0; trap '' XFSZ; exec \"$0\" \(arguments) --index own.index",
            CommandRun.executable.path,
          ],
          in: folder)
      }
      let found = try withoutRoom("search 'a dog' --paths")
      #expect(found.status == 0 && found.text.split(separator: "\n").count == 5, "\(found.text)")
      let refused = try withoutRoom("index")
      #expect(refused.status == 1 && refused.text.contains("the disk is full"), "\(refused.text)")
    }
  }

  @Test func searchesWeighTermsAndFilterFiles() throws {
    try withPhotos { folder, names in
      let made = try CommandRun(
        ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel, "--dtype", "int8"],
        in: folder)
      #expect(made.status == 0, "\(made.errors)")
      func paths(_ arguments: String...) throws -> [String] {
        let run = try CommandRun(
          ["search"] + arguments + ["--index", "own.index", "--paths"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        return run.output.split(separator: "\n").map { ($0 as NSString).lastPathComponent }
      }
      for name in names.prefix(4) { #expect(try paths("photos/\(name)").first == name) }
      #expect(try paths("a dog").count == 5)
      #expect(try paths("a dog", "--top", "2") == Array(paths("a dog").prefix(2)))
      #expect(try paths("a dog", "--in", "photos/more") == [names[4]])
      #expect(try paths("a dog", "--glob", names[1]) == [names[1]])
      #expect(try paths("a dog", "--since", "2999-01-01").isEmpty)
      #expect(try paths("a dog", "--before", "2999-01-01").count == 5)
      #expect(try paths("a dog", "--max-bytes", "1").isEmpty)
      #expect(try paths("photos/\(names[0])", "--at-least", "1").first == names[0])
      // The more an image weighs, the nearer it is; what is not wanted is last.
      #expect(try paths("9:photos/\(names[1])", "+", "photos/\(names[0])").first == names[1])
      #expect(try paths("photos/\(names[1])", "-", "2:photos/\(names[0])").last == names[0])
      // A folder of this name is no image.
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("a dog"), withIntermediateDirectories: true)
      #expect(try paths("a dog").count == 5)
      let document = try run("search", "a dog", "--json", in: folder)
      let hits = try JSONValue(parsing: document.output.utf8).object?["hits"]?.array
      #expect(hits?.count == 5 && hits?.first?.object?["score"]?.number != nil)
      for (arguments, part) in [
        (["5:"], "words"), (["a dog", "-"], "a term after"), (["-", "a dog"], "wanted"),
        (["1e999:dog"], "weight"), (["1e39:dog"], "weight from 0 to"),
        (["nothing.JPG"], "an image file that is there"),
        (["a dog", "-", "2:gone.png"], "an image file that is there"),
        ([], "what to look for"), (["dog", "--since", "yesterday"], "2024-05-31"),
      ] {
        let refused = try CommandRun(["search"] + arguments + ["--index", "own.index"], in: folder)
        #expect(refused.status != 0 && refused.errors.contains(part), "\(arguments): \(refused.errors)")
      }
      let shown = try run("search", "a dog", "--top", "1", "--thumbnails", in: folder)
      #expect(shown.status == 0 && shown.errors.contains("not known to show images"), "\(shown.errors)")
      #expect(try run("search", "a dog", "--thumbnails", "--json", in: folder).status == 64)
      let none = try CommandRun(["search", "dog", "--index", "nowhere"], in: folder)
      #expect(none.isOneSentence(about: "there is no index"), "\(none.errors)")
      let other = try CommandRun(["index", "photos", "--index", "own.index", "--model", "mini"], in: folder)
      #expect(other.isOneSentence(about: "another model"), "\(other.errors)")
      // Both ways: the folders of the index, its numbers and its place are those that it has.
      let photos = try #require(realpath(folder.appendingPathComponent("photos").path, nil))
      defer { free(photos) }
      let again =
        "remove the folder and index again with plumb index \(String(cString: photos)) --model mini --dtype int8 --index own.index; "
      #expect(other.errors.contains(again) && other.errors.contains("another --index"), "\(other.errors)")
      let type = try run("index", "--dtype", "float32", in: folder)
      #expect(type.status != 0 && type.errors.contains("int8"), "\(type.errors)")
    }
  }
}
