import CaptionData
import Foundation
import TestSupport
import Testing

@Suite struct DatasetImageTests {
  /// A folder with empty files of these names.
  private func withFiles<R>(_ names: [String], _ body: (URL) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { folder in
      for name in names {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: file)
      }
      return try body(folder)
    }
  }

  @Test(arguments: [
    ("a.jpg", "a.jpg"), ("a", "a.jpg"), ("b", "b.JPEG"), ("b.jpeg", "b.JPEG"), ("c.jpg", "c.webp"),
    ("d.v2", "d.v2.png"), ("391895", "000000391895.jpg"), ("000000391895", "000000391895.jpg"),
    ("42", "COCO_val2014_000000000042.jpg"), ("000000000042.png", "COCO_val2014_000000000042.jpg"),
    ("COCO_val2014_000000000042", "COCO_val2014_000000000042.jpg"), ("000000000007", "7.png"),
    ("sub/a.png", "sub/a.png"), ("sub/e", "sub/e.png"), ("./a", "a.jpg"), ("notes.txt", "notes.txt"),
    ("e\u{301}t\u{E9}", "\u{E9}te\u{301}.png"),
  ])
  func anIDFindsItsImage(_ id: String, _ name: String) throws {
    let names = [
      "a.jpg", "b.JPEG", "c.webp", "d.v2.png", "000000391895.jpg", "COCO_val2014_000000000042.jpg", "7.png",
      "sub/a.png", "sub/e.png", "notes.txt", "\u{E9}te\u{301}.png",
    ]
    try withFiles(names) { folder in
      var images = try ImageFolder(folder)
      #expect(try images.image(for: id).path == folder.appendingPathComponent(name).path)
    }
  }

  @Test func anExactNameIsNeverAmbiguous() throws {
    try withFiles(["a.jpg", "a.png", "000000000001.jpg", "COCO_val2014_000000000001.jpg"]) { folder in
      var images = try ImageFolder(folder)
      #expect(try images.image(for: "a.png").lastPathComponent == "a.png")
      let error = #expect(throws: DatasetError.self) { try images.image(for: "a") }
      #expect(
        error?.description
          == "id \"a\" fits several images in \(folder.relativePath): \"a.jpg\", \"a.png\"; write the full name as "
          + "the id, or remove all but one.")
      #expect(throws: DatasetError.self) { try images.image(for: "1") }
    }
  }

  @Test func aMissingImageIsNamedWithAHint() throws {
    try withFiles(["IMG.jpg", "x.jpg", "notes.txt", "1.jpg"]) { folder in
      var images = try ImageFolder(folder)
      func message(_ id: String) -> String? {
        (#expect(throws: DatasetError.self) { try images.image(for: id) })?.description
      }
      #expect(
        message("b")
          == "id \"b\" has no image in \(folder.relativePath); add \"b.jpg\" or another image of that name, or "
          + "leave the item out with --keep-going.")
      #expect(message("img")?.contains("(\"IMG.jpg\" differs in case)") == true)
      #expect(message("val/x")?.contains("(\"x.jpg\" is there without the folder)") == true)
      #expect(message("notes") != nil)
      // Only COCO's twelve digits are padding: "01" and "1" may be two images.
      #expect(message("01") != nil)
    }
    try withFiles(["notes.txt"]) { folder in
      var images = try ImageFolder(folder)
      let error = #expect(throws: DatasetError.self) { try images.image(for: "a") }
      #expect(error?.description.contains("it holds no images at all") == true)
      let missing = #expect(throws: DatasetError.self) {
        try ImageFolder(folder.appendingPathComponent("no"))
      }
      #expect(missing?.description.contains("cannot be read: No such file or directory.") == true)
    }
  }

  @Test func candidatesLeadAndStrayFilesAreNobodysBusiness() throws {
    try withFiles(["a.jpg", "stray.jpg", "stray.png", "readme", "b.png"]) { folder in
      var data = try dataset("{\"b\": \"x\", \"a\": \"y\"}")
      try data.findImages(in: folder)
      #expect(data.items.map { $0.image?.lastPathComponent } == ["b.png", "a.jpg"])
    }
  }

  @Test func keepGoingLeavesOutWhatHasNoImage() throws {
    try withFiles(["a.jpg", "c.jpg", "c.png"]) { folder in
      var data = try dataset("{\"b\": \"x\", \"a\": \"y\", \"c\": \"z\"}", keepGoing: true)
      try data.findImages(in: folder, keepGoing: true)
      #expect(data.items.map(\.id) == ["a"])
      #expect(data.skipped.map(\.id) == ["b", "c"])
      var none = try dataset("{\"q\": \"x\"}", keepGoing: true)
      #expect(throws: DatasetError.noCandidates(file: "candidates")) {
        try none.findImages(in: folder, keepGoing: true)
      }
    }
  }

  @Test func theImageColumnIsFollowedBeforeTheID() throws {
    try withFiles(["7.jpg", "photo.jpg"]) { folder in
      var data = try dataset("id,image,caption\n7,photo.jpg,x\n8,photo.jpg,y\n")
      try data.findImages(in: folder)
      #expect(data.items.map { $0.image?.lastPathComponent } == ["photo.jpg", "photo.jpg"])
    }
  }
}
