import Files
import Foundation
import TestSupport
import Testing

@Suite struct OutputCheckTests {
  /// Also an image that is damaged, or of a kind that is not read, and that has no name of one.
  @Test(arguments: [
    "RIFF", "BM", "GIF8", "\u{89}PNG", "0000ftypmiaf", String(repeating: "0", count: 257) + "ustar",
  ])
  func whatBeginsAsAnImageOfTheInputIsNotReplaced(_ start: String) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("scores")
      try Data(start.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }).write(to: file)
      // A name in the folder by which the file is an input.
      try FileManager.default.linkItem(at: file, to: folder.appendingPathComponent("a.png"))
      let output = folder.deletingLastPathComponent().appendingPathComponent(UUID().uuidString)
      try FileManager.default.linkItem(at: file, to: output)
      defer { try? FileManager.default.removeItem(at: output) }
      var check = OutputCheck()
      check.readImages(in: folder)
      check.write(output)
      #expect(throws: FileWriteError.isInput(file: output.relativePath, input: folder.relativePath)) {
        try check.validate()
      }
    }
  }
}
