import Foundation
import TestSupport
import Testing

/// `plumb evaluate feedback`.
@Suite struct EvaluateFeedbackTests {
  @Test func labelsStandInAColumnOfTheirOwnOrAmongCaptions() throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      let rows = try (0..<12).map { number in
        try StripedImage.bitmap(number).write(to: photos.appendingPathComponent("\(number).bmp"))
        return "\(number).bmp,\(["cat", "dog", "horse"][number % 3])\n"
      }
      func outcome(_ column: String, _ options: [String] = []) throws -> String {
        try Data("image,\(column)\n\(rows.joined())".utf8).write(
          to: folder.appendingPathComponent("labels.csv"))
        let run = try CommandRun(
          [
            "evaluate", "feedback", "labels.csv", "--images", "photos", "--relevance", "label", "--model",
            ScoreTests.tinyModel, "--rounds", "2", "--marks", "1", "--seeds", "1", "--queries", "3",
            "--methods", "text,rocchio", "--markdown", "table.md",
          ] + options, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        return try String(contentsOf: folder.appendingPathComponent("table.md"), encoding: .utf8)
      }
      let table = try outcome("label")
      #expect(table.contains("Rocchio") || table.contains("rocchio"), "\(table)")
      #expect(try outcome("caption") == table)
      #expect(try outcome("class", ["--column", "class"]) == table)
      try Data("image,kind\n\(rows.joined())".utf8).write(to: folder.appendingPathComponent("labels.csv"))
      let wrong = try CommandRun(
        ["evaluate", "feedback", "labels.csv", "--images", "photos", "--relevance", "label"], in: folder)
      #expect(wrong.isOneSentence(about: "label"), "\(wrong.errors)")
    }
  }
  @Test func queriesThatAreNoneAreToldOf() throws {
    try TestData.withTemporaryFolder { folder in
      try StripedImage.bitmap(1).write(to: folder.appendingPathComponent("1.bmp"))
      for (name, text) in [("labels.csv", "image,label\n1.bmp,cat\n"), ("list.txt", "2.bmp\n")] {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      try Data([0xC3, 0x28, 0, 1]).write(to: folder.appendingPathComponent("binary.txt"))
      for (options, status, message) in [
        (["--query-images", "list.txt"], Int32(64), "--query-images list.txt names no image of labels.csv."),
        (["--query-images", "binary.txt"], 1, "binary.txt"),
        (["--template", "a photo"], 64, "--template \"a photo\" has no {} for the class."),
      ] {
        let run = try CommandRun(
          [
            "evaluate", "feedback", "labels.csv", "--images", ".", "--relevance", "label", "--model",
            ScoreTests.tinyModel,
          ] + options, in: folder)
        #expect(run.status == status && run.errors.contains(message), "\(run.errors)")
      }
    }
  }
}
