import Foundation
import Testing

/// Colours are for terminals, and `NO_COLOR` switches them off.
@Suite struct ColourTests {
  @Test(arguments: [
    (["doctor"], "\u{1B}[1mMachine\u{1B}[0m"),
    (["explain", "images/image1.jpg", "an orange horse lies on the bed"], "\u{1B}[1;31mhorse\u{1B}[0m"),
  ])
  func theyAreForTerminals(arguments: [String], mark: String) throws {
    let terminal = ["TERM": "xterm", "NO_COLOR": ""]
    let coloured = try TerminalRun(arguments, environment: terminal)
    #expect(coloured.status == 0 && coloured.output.contains(mark), "\(coloured.output)")
    for change in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      let plain = try TerminalRun(arguments, environment: terminal.merging(change) { $1 })
      #expect(plain.status == 0 && !plain.output.isEmpty && !plain.output.contains("\u{1B}"), "\(change)")
    }
    let piped = try CommandRun(arguments, environment: terminal)
    #expect(piped.status == 0 && !piped.output.isEmpty && !piped.output.contains("\u{1B}"))
  }
}
