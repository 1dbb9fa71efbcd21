import Foundation
import GRDB
import TestSupport
import Testing

/// What is made of an index whose files do not hold what they should: each is told in a sentence, and nothing is added to it.
@Suite struct IndexDamageTests {
  /// A folder with three images in `photos` and their index, `own.index`.
  private func withIndex(
    type: String = "float32", _ body: (_ folder: URL) throws -> Void
  ) throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      for number in 0..<3 {
        try StripedImage.bitmap(number).write(to: photos.appendingPathComponent("image\(number).bmp"))
      }
      let made = try CommandRun(
        ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel, "--dtype", type],
        in: folder)
      try #require(made.status == 0, "\(made.errors)")
      try body(folder)
    }
  }

  private func expectDamage(_ part: String, in folder: URL) throws {
    for arguments in [["search", "a dog"], ["index"]] {
      let run = try CommandRun(arguments + ["--index", "own.index"], in: folder)
      #expect(
        run.isOneSentence(about: "own.index: the index cannot be used: \(part)"),
        "\(arguments): \(run.status) \(run.errors.suffix(1000))")
    }
  }

  @Test(arguments: [
    ("UPDATE file SET size = 'large' WHERE row = 1", "it is damaged at the column \"size\""),
    ("UPDATE file SET path = x'FF' WHERE row = 1", "it is damaged at the column \"path\""),
    ("UPDATE file SET row = 1152921504606846976 WHERE row = 1", "vectors has 3 rows in place of"),
    ("UPDATE file SET row = 9223372036854775807 WHERE row = 1", "vectors has 3 rows in place of"),
    ("UPDATE meta SET value = x'FF' WHERE key = 'model'", "it is damaged at the column \"value\""),
  ])
  func valuesThatCannotBeAreTold(change: String, told: String) throws {
    try withIndex { folder in
      let queue = try DatabaseQueue(path: folder.appendingPathComponent("own.index/index.sqlite").path)
      try queue.write { try $0.execute(sql: change) }
      try queue.close()
      try expectDamage(told, in: folder)
    }
  }

  @Test func nothingIsAddedBehindRowsThatAreMissing() throws {
    try withIndex { folder in
      let vectors = folder.appendingPathComponent("own.index/vectors")
      let rows = try Data(contentsOf: vectors)
      // An image that would get a row.
      try StripedImage.bitmap(5).write(to: folder.appendingPathComponent("photos/new.bmp"))
      let one = rows.prefix(rows.count / 3)
      try one.write(to: vectors)
      try expectDamage("vectors has 1 rows in place of 3", in: folder)
      #expect(try Data(contentsOf: vectors) == one)
      try FileManager.default.removeItem(at: vectors)
      try expectDamage("vectors, where its 3 rows were, is missing", in: folder)
      #expect(!FileManager.default.fileExists(atPath: vectors.path))
      try rows.write(to: vectors)
      let mended = try CommandRun(["index", "--index", "own.index"], in: folder)
      #expect(mended.status == 0 && mended.output.contains(": 4 images by "), "\(mended.errors)")
    }
  }
  @Test func remaindersThatAreMissingAreTold() throws {
    try withIndex(type: "int8") { folder in
      let remainders = folder.appendingPathComponent("own.index/remainders")
      let all = try Data(contentsOf: remainders)
      try all.dropLast().write(to: remainders)
      try expectDamage("remainders has 2 rows in place of 3", in: folder)
      try all.write(to: remainders)
      let mended = try CommandRun(["search", "a dog", "--index", "own.index"], in: folder)
      #expect(mended.status == 0, "\(mended.errors)")
    }
  }
}
