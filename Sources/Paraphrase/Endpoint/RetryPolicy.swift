package import Foundation

/// How often and how soon a failing server is asked again.
public struct RetryPolicy: Sendable, Equatable {
  /// Attempts after the first, in a row.
  public var retries: Int
  /// Seconds before the first of them; doubled each time.
  public var delay: Double
  /// The most seconds between two attempts that are not asked for by the server.
  public var longestDelay: Double
  /// The longest rest that a server may ask for, in seconds; a longer one ends the run.
  public var longestRest: Double

  /// Creates a policy: five more attempts, after about 1, 2, 4, 8 and 16 seconds.
  public init(retries: Int = 5, delay: Double = 1, longestDelay: Double = 60, longestRest: Double = 600) {
    self.retries = retries
    self.delay = delay
    self.longestDelay = longestDelay
    self.longestRest = longestRest
  }

  /// Seconds to wait after the `failures`th failure in a row: half of the doubled delay, and up to as much again by
  /// chance, so that many clients do not come back at once.
  ///
  /// - Parameter chance: a number from 0 to 1.
  package func backOff(after failures: Int, chance: Double) -> Double {
    let whole = min(delay * Double(1 << min(max(failures - 1, 0), 20)), longestDelay)
    return whole * (0.5 + 0.5 * chance)
  }

  /// The seconds that a `Retry-After` asks for: a number, or a date; nil where it is neither.
  package static func rest(askedBy header: String?, now: Date) -> Double? {
    guard let header = header?.trimmingCharacters(in: .whitespaces), !header.isEmpty else { return nil }
    if let seconds = Double(header) { return seconds.isFinite ? max(0, seconds) : nil }
    return date(header).map { max(0, $0.timeIntervalSince(now)) }
  }

  /// A date in one of the three forms of RFC 9110.
  static func date(_ text: String) -> Date? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    for format in [
      "EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "EEE MMM d HH:mm:ss yyyy",
    ] {
      formatter.dateFormat = format
      if let date = formatter.date(from: text) { return date }
    }
    return nil
  }
}
