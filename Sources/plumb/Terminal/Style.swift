import Foundation

/// Colours and weights of a terminal's text; where there is no terminal, or the user wants none, text stays as it is.
///
/// `NO_COLOR` with any value but the empty one switches them off (<https://no-color.org>), and so does `TERM=dumb`.
struct Style: Equatable {
  /// Whether text is marked at all.
  let isOn: Bool

  /// The style of a stream of this process.
  init(
    stream: Int32, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    isOn =
      isatty(stream) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// What is printed.
  static let output = Style(stream: STDOUT_FILENO)
  /// What is said on standard error.
  static let errors = Style(stream: STDERR_FILENO)

  /// A heading.
  func bold(_ text: String) -> String { marked(text, "1") }
  /// What went wrong.
  func red(_ text: String) -> String { marked(text, "1;31") }
  /// What is as it should be.
  func green(_ text: String) -> String { marked(text, "32") }
  /// What may be of interest.
  func yellow(_ text: String) -> String { marked(text, "33") }
  /// What is said beside the matter.
  func faint(_ text: String) -> String { marked(text, "2") }

  private func marked(_ text: String, _ code: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
