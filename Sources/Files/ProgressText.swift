import Foundation

/// How far some work is, as text: a line with a bar on a terminal, and a plain one in a log.
///
/// `images [###-----------------] 1200 of 8000, 220/s, 31 s left`
package struct ProgressText {
  /// What is being done, and what is to be said beside it.
  package var stage: String
  package var detail = ""
  /// How much is done, and of how much in all; zero where that is not known.
  package var done: Int
  package var total: Int
  /// How much was done already when the work began, or went on, and how many seconds ago that was.
  package var doneBefore = 0
  package var seconds: Double

  /// Describes work.
  package init(
    stage: String, detail: String = "", done: Int, of total: Int, doneBefore: Int = 0, seconds: Double
  ) {
    self.stage = stage
    self.detail = detail
    self.done = done
    self.total = total
    self.doneBefore = doneBefore
    self.seconds = seconds
  }

  /// The line. Rate and time left are told after half a second, and where anything was done in it.
  ///
  /// - Parameters:
  ///   - hasBar: whether a bar shows the share that is done, where the total is known.
  ///   - unit: writes amounts.
  package func line(hasBar: Bool, unit: (Double) -> String = Self.number) -> String {
    var text = stage + (detail.isEmpty ? "" : ", \(detail)")
    if hasBar, total > 0 { text += " " + bar }
    text += " \(unit(Double(done)))" + (total > 0 ? " of \(unit(Double(total)))" : "")
    guard seconds > 0.5, done > doneBefore else { return text }
    let rate = Double(done - doneBefore) / seconds
    text += rate < 1 ? ", \(String(format: "%.1f", 1 / rate)) s each" : ", \(unit(rate))/s"
    if total > done { text += ", \(Self.duration(Double(total - done) / rate)) left" }
    return text
  }

  /// Twenty marks, of which the share that is done is filled.
  private var bar: String {
    let width = 20
    let filled = Int(Double(width) * min(max(Double(done) / Double(total), 0), 1))
    return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "]"
  }

  /// A number of items: with a digit after the point below ten, where it is no whole one.
  package static func number(_ value: Double) -> String {
    value < 10 && value != value.rounded() ? String(format: "%.1f", value) : "\(Int(value))"
  }

  /// A time in seconds, minutes or hours: `99 s`, `2 min`, `2 h`.
  package static func duration(_ seconds: Double) -> String {
    let seconds = Int(min(seconds.rounded(.up), 1e9))
    if seconds < 100 { return "\(seconds) s" }
    if seconds < 6000 { return "\((seconds + 30) / 60) min" }
    return "\((seconds + 1800) / 3600) h"
  }
}
