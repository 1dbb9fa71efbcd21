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
      #expect(back.status == 0 && back.output == "1 file moved back\n")
      #expect(exists("photos/image1.jpg"))
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
    (["dedup", "--undo", "nowhere.jsonl"], 1, "there is no such list of moves"),
  ])
  func whatIsWrongIsSaid(arguments: [String], status: Int, message: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == Int32(status))
    #expect(run.errors.contains(message), "\(run.errors)")
  }
}
