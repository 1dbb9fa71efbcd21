import Foundation
import TestSupport
import Testing

/// Colours are for terminals, and `NO_COLOR` switches them off.
@Suite struct ColourTests {
  @Test(arguments: [
    (["doctor"], "\u{1B}[1mMachine\u{1B}[0m"),
    (["explain", "images/image1.jpg", "an orange horse lies on the bed"], "\u{1B}[1;31mhorse\u{1B}[0m"),
  ])
  func theyAreForTerminals(arguments: [String], mark: String) throws {
    let usual = ["TERM": "xterm", "NO_COLOR": ""]
    func shown(_ changes: [String: String] = [:]) throws -> String {
      let terminal = try Pseudoterminal()
      let run = try CommandRun(
        arguments, environment: usual.merging(changes) { $1 }, redirections: "> '\(terminal.path)'")
      #expect(run.status == 0, "\(run.errors)")
      return String(decoding: terminal.output(), as: UTF8.self)
    }
    let coloured = try shown()
    #expect(coloured.contains(mark), "\(coloured)")
    for changes in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      let plain = try shown(changes)
      #expect(!plain.isEmpty && !plain.contains("\u{1B}"), "\(changes)")
    }
    let piped = try CommandRun(arguments, environment: usual)
    #expect(piped.status == 0 && !piped.output.isEmpty && !piped.output.contains("\u{1B}"))
  }
}
