import Explanation

/// Explained captions as text: coloured, or each with a table of its words.
struct ExplanationText {
  let threshold: Double
  let style: Style

  /// The captions one below the other.
  func text(_ captions: [ExplainedCaption]) -> String {
    captions.map { "\(fixed($0.score))  \(style.isOn ? colored($0) : $0.caption)\n\(details($0))" }
      .joined(separator: "\n")
  }

  private func colored(_ caption: ExplainedCaption) -> String {
    caption.pieces.map { text, word in
      switch word?.level(threshold: threshold) {
      case .supported: style.green(text)
      case .doubtful: style.yellow(text)
      case .unsupported: style.red(text)
      case .notJudged, nil: text
      }
    }.joined()
  }

  /// All words where there are no colours, and else those that are not supported.
  private func details(_ caption: ExplainedCaption) -> String {
    let words = caption.words.filter { word in
      let level = word.level(threshold: threshold)
      return style.isOn ? level == .unsupported || level == .doubtful : true
    }
    guard !words.isEmpty else { return "" }
    let rows = words.map { [$0.word, $0.support.map { fixed($0, 3) } ?? "–", $0.alternative?.word ?? ""] }
    let header = ["word", "support", "best alternative"]
    let widths = (0..<2).map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      let word = row[0] + blanks(widths[0] - row[0].count)
      let line = "  \(word)  \(blanks(widths[1] - row[1].count))\(row[1])  \(row[2])"
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
