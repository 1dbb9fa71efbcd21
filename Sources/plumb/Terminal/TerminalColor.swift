import Foundation

/// Colours in terminals, as escape sequences.
enum TerminalColor: Int {
  case red = 31
  case green = 32
  case yellow = 33

  /// Whether standard output takes colours: a terminal that is not dumb, where NO_COLOR (no-color.org) is not set.
  static func isWanted(
    environment: [String: String] = ProcessInfo.processInfo.environment, isTerminal: Bool = isatty(1) == 1
  ) -> Bool {
    isTerminal && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// A text in this colour, in bold letters where it is to be seen first.
  func text(_ text: String, isBold: Bool = false) -> String {
    "\u{1B}[\(isBold ? "1;" : "")\(rawValue)m\(text)\u{1B}[0m"
  }
}
