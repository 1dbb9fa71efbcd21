import ArgumentParser
import CaptionData
import Files
import Foundation

/// What the command prints, and how it ends.
enum Output {
  /// The system did not take what was printed.
  struct WriteFailure: LocalizedError {
    let reason: String
    var errorDescription: String? { "standard output: cannot be written (\(reason)); send it elsewhere." }
  }

  nonisolated(unsafe) private static var buffer: [UInt8] = []
  // Unsafe: only the main thread prints.

  nonisolated(unsafe) private static var stream = STDOUT_FILENO
  // Unsafe: set by the main thread before the work.

  /// Whether people read what is printed, not programs.
  private static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// Leaves standard output to a file that the command writes to it: what is printed goes to standard error from now on.
  static func leaveStandardOutput() { stream = STDERR_FILENO }

  /// Prints a line on standard output.
  static func line(_ line: String = "") throws { try text(line + "\n") }

  /// Prints text on standard output; a terminal gets no control characters of names and captions.
  static func text(_ text: String) throws {
    try raw(isTerminal ? TerminalText.shown(text) : text)
  }

  /// Prints text with the control sequences that are meant, as those of images.
  static func raw(_ text: String) throws {
    buffer += text.utf8
    if buffer.count > 1 << 16 { try flush() }
  }

  /// Hands over what was printed; called at the end.
  static func flush() throws {
    var rest = buffer[...]
    buffer = []
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(stream, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw WriteFailure(reason: String(cString: strerror(errno))) }
      rest = rest.dropFirst(count)
    }
  }

  /// Says something on standard error.
  static func note(_ text: String) { say(text, as: "plumb:") }

  private static func say(_ text: String, as speaker: String) {
    // The path that is read for `-`, which the user has not written.
    let text = TerminalText.shown(text.replacing(StandardInput.path, with: "standard input"))
    try? FileHandle.standardError.write(contentsOf: Data("\(speaker) \(text)\n".utf8))
  }

  /// Says each of some things on standard error.
  static func note(_ texts: [String]) {
    for text in texts { note(text) }
  }

  /// Says in one sentence what went wrong, and ends with status 1.
  static func fail(_ error: any Error) -> Never {
    say(sentence(for: error), as: Style.errors.red("plumb:"))
    Foundation.exit(1)
  }

  /// Says what is wrong with the arguments, in ArgumentParser's words, and ends with status 64.
  static func refuse(_ message: String) -> Never {
    let label = "Error: "
    say(
      message.hasPrefix(label) ? String(message.dropFirst(label.count)) : message,
      as: Style.errors.red("plumb:"))
    Foundation.exit(ExitCode.validationFailure.rawValue)
  }

  /// Ends with status 2 if anything was skipped, after listing it where the report has not.
  static func end(skipped: [SkippedItem], isListed: Bool = false) throws {
    guard !skipped.isEmpty else { return }
    try flush()
    if !isListed { note(skipped.map { "skipped: \($0.reason)" }) }
    throw ExitCode(2)
  }

  /// Fills the places of standard streams that the caller has closed, so that no file gets their number and what
  /// is printed with it.
  static func reserveStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) == -1 {
      // What is written to it fails, as it did before.
      _ = open("/dev/null", O_RDONLY)
    }
  }
}

/// A number with so many digits after the point, four for a score, whatever the locale.
func fixed(_ value: Double, _ digits: Int = 4) -> String { String(format: "%.\(digits)f", value) }
