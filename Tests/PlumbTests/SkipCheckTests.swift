import CaptionMetrics
import Foundation
import TestSupport
import Testing

/// `.ci/check-skips`: a green run that skipped what it should have tested is not green.
@Suite struct SkipCheckTests {
  private func check(_ log: String) throws -> (status: Int32, said: String) {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("log")
      try Data(log.utf8).write(to: file)
      let process = Process()
      process.executableURL = CommandRun.package.appendingPathComponent(".ci/check-skips")
      process.arguments = [file.path]
      let said = Pipe()
      process.standardError = said
      try process.run()
      let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
    }
  }

  private static let passed =
    "✔ Test whatIsSkippedIsListed() passed after 0.1 seconds.\n◇ Test b() started.\n"

  @Test(arguments: [
    "➜ Test scoresWithTables() skipped: \"METEOR's tables are not installed\"",
    "➜ Suite DistillTests skipped.", "➜ Suite FineTuneTests skipped: \"libtorch is not set up\"",
    "↷ Test \"a name\" skipped: \"libtorch is not set up\"", "Test Case 'A.b' skipped (0.0 seconds)",
  ]) func aSkipFails(_ line: String) throws {
    let (status, said) = try check(Self.passed + line + "\n")
    #expect(status == 1 && said.contains(line), "\(said)")
  }

  @Test func anArgumentThatSpeaksOfSkippingDoesNot() throws {
    let line =
      "◇ Test case passing 1 argument line → \"➜ Suite DistillTests skipped.\" to aSkipFails(_:) started.\n"
    #expect(try check(Self.passed + line).status == 0)
  }

  @Test func missingPrivateDataDoNot() throws {
    let line = "➜ Test values() skipped: \"\(TestData.whySkipped)\"\n"
    #expect(try check(Self.passed + line + Self.passed).status == 0)
    #expect(try check(Self.passed).status == 0)
  }
}
