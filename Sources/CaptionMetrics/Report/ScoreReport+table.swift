import Foundation

extension ScoreReport {
  /// The scores of the corpus as a table for people, at most 80 columns wide but for names and reasons.
  public func table() -> String {
    var lines = [title, ""]
    let width = max(12, scores.map(\.name.count).max() ?? 0)
    for score in scores {
      let name = score.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let value = String(format: "%.4f", score.corpus)
      let padding = String(repeating: " ", count: max(0, 9 - value.count))
      lines.append("  \(name) \(padding)\(value)   \(score.scale.legend)")
    }
    let notes = provenance.notes
    if !notes.isEmpty { lines += [""] + notes }
    return lines.joined(separator: "\n") + "\n"
  }

  private var title: String {
    "Scores of \(Self.count(captions.count, "caption"))"
      + (provenance.inputs.candidates.map { " in \($0)" } ?? "")
      + (provenance.skipped.isEmpty ? "" : ", \(provenance.skipped.count) skipped")
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
