import Files
import Foundation
import Synchronization

/// A line on standard error that shows how far the work is: on a terminal with a bar, or else, of long work, a line now
/// and then.
final class ProgressLine: Sendable {
  private struct State {
    var stage = ""
    var total = 0
    var began = ContinuousClock.now
    /// What was done already when the stage began, or went on.
    var doneBefore = 0
    var shown: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let isTerminal = isatty(STDERR_FILENO) != 0
  private let isLogged: Bool
  private let unit: @Sendable (Double) -> String

  /// The time between two lines where there is no terminal.
  private let logInterval: Duration

  /// Creates a line.
  ///
  /// - Parameters:
  ///   - isLogged: whether, where there is no terminal, a stage of training has a line for its first and its last step
  ///     and one every ten seconds; what has no detail has the latter alone. All other work has a line every half minute.
  ///   - unit: writes amounts; numbers of items where it is left out.
  init(
    isLogged: Bool = false,
    unit: @escaping @Sendable (Double) -> String = ProgressText.number
  ) {
    self.isLogged = isLogged
    logInterval = .seconds(isLogged ? 10 : 30)
    self.unit = unit
  }

  /// Shows that `done` of `total` items of a stage are done. Any thread may call it.
  ///
  /// - Parameter detail: what is to be said beside the stage, and changes while it lasts.
  func update(_ stage: String, _ done: Int, of total: Int, detail: String = "") {
    state.withLock { state in
      let now = ContinuousClock.now
      if state.stage != stage || state.total != total {
        state = State(stage: stage, total: total, began: now, doneBefore: done)
      }
      // Preparations are told of where they take long.
      if !isTerminal, detail.isEmpty || !isLogged, now - (state.shown ?? state.began) < logInterval { return }
      let interval = isTerminal ? Duration.milliseconds(100) : logInterval
      if let shown = state.shown, done < total, now - shown < interval { return }
      state.shown = now
      let seconds =
        Double((now - state.began).components.attoseconds) / 1e18
        + Double((now - state.began).components.seconds)
      let text = ProgressText(
        stage: stage, detail: detail, done: done, of: total, doneBefore: state.doneBefore, seconds: seconds
      ).line(hasBar: isTerminal, unit: unit)
      if isTerminal { Self.show(text) } else { Output.note(text) }
    }
  }

  /// Takes the line away.
  func clear() {
    guard isTerminal else { return }
    state.withLock { state in
      if state.shown != nil { Self.show("") }
      state = State()
    }
  }

  private static func show(_ text: String) {
    let text = TerminalText.shown(text)
    // A line that is wider than the terminal could not be overwritten.
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
    let line = Data("\r\u{1B}[K\(isKnown ? String(text.prefix(Int(size.ws_col) - 1)) : text)".utf8)
    try? FileHandle.standardError.write(contentsOf: line)
  }
}

/// Writes a number of bytes for people, in powers of ten: `605.2 MB`.
func bytes(_ count: Double) -> String {
  if count < 1000 { return "\(Int(count)) B" }
  var value = count
  var unit = ""
  for next in ["kB", "MB", "GB", "TB"] where value >= 999.95 || unit.isEmpty {
    value /= 1000
    unit = next
  }
  return "\((value * 10).rounded() / 10) \(unit)"
}
