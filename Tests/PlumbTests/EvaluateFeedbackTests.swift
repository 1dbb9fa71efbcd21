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
}
