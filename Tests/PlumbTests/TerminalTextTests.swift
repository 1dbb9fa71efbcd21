import Foundation
import TestSupport
import Testing

/// Names and captions of strangers do not give a terminal orders.
@Suite struct TerminalTextTests {
  /// Clears the screen, and sets the window's title.
  private static let orders = "\u{1B}[2J\u{1B}]0;title\u{7}"
  private static let shown = #"\x1B[2J\x1B]0;title\x07"#

  @Test func captionsOnATerminal() throws {
    let terminal = try Pseudoterminal()
    let arguments = ["rank", "images/image1.jpg", "two cats \(Self.orders)", "a dog"]
    let run = try CommandRun(
      arguments, environment: ["TERM": "xterm", "NO_COLOR": ""], redirections: "> '\(terminal.path)'")
    #expect(run.status == 0, "\(run.errors)")
    let seen = String(decoding: terminal.output(), as: UTF8.self)
    #expect(seen.contains("two cats \(Self.shown)"), "\(seen)")
    // Programs get captions as they are.
    #expect(try CommandRun(arguments).output.contains("two cats \(Self.orders)"))
  }

  @Test func namesInErrors() throws {
    let run = try CommandRun(["score", "a\(Self.orders).json"])
    #expect(run.isOneSentence(about: "a\(Self.shown).json: "), "\(run.errors)")
  }
}
