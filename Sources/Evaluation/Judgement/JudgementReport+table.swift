import CaptionMetrics
import Foundation

extension JudgementReport {
  /// The agreement as a table for people, values times 100, the best metric first.
  public func table() -> String {
    var lines = [title, ""]
    let ranked = ranked
    let columns = columns(ranked)
    let rows = ranked.indices.map { row in columns.map { $0.cells[row] } }
    lines += alignedLines([columns.map(\.title)] + rows, gap: 2)
    lines += [""] + notes()
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same table in Markdown, with the notes as a list below it.
  public func markdown() -> String {
    let columns = columns(ranked)
    func row(_ cells: [String]) -> String {
      "| " + cells.map(EvaluationReport.escaped).joined(separator: " | ") + " |"
    }
    var lines = ["## \(EvaluationReport.escaped(title))", "", row(columns.map(\.title))]
    lines.append("|---|" + String(repeating: "---:|", count: columns.count - 1))
    lines += ranked.indices.map { place in row(columns.map { $0.cells[place] }) }
    lines += [""]
    lines += (labelledNotes + provenance.labelledNotes).map { label, text in
      (label.isEmpty ? "  - " : "- \(label): ") + EvaluationReport.escaped(text)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What was judged, in one sentence.
  var title: String {
    let what = coefficient == nil ? "preferences between" : "judgements of"
    return "\(name): \(Self.grouped(rows)) \(what) \(Self.grouped(captionCount)) captions of "
      + "\(Self.grouped(imageCount)) image\(imageCount == 1 ? "" : "s")"
  }

  private struct Column {
    var title: String
    var cells: [String]
  }

  private func columns(_ metrics: [JudgedMetric]) -> [Column] {
    var columns = [Column(title: "metric", cells: metrics.map(\.name))]
    columns.append(
      Column(
        title: coefficient.map { "\($0.symbol) ×100" } ?? "right %",
        cells: metrics.map { Self.hundredth(leadingValue(of: $0), digits: 2) }))
    columns.append(
      Column(
        title: "\(Int((bootstrap.level * 100).rounded())) % interval",
        cells: metrics.map { metric in
          metric.interval.map {
            "\(Self.hundredth($0.lowerBound, digits: 1)) to \(Self.hundredth($0.upperBound, digits: 1))"
          } ?? "–"
        }))
    if let coefficient {
      for other in Correlation.allCases where other != coefficient {
        columns.append(
          Column(
            title: other.symbol,
            cells: metrics.map { metric in
              guard case .correlations(let values) = metric.agreement else { return "–" }
              return Self.hundredth(values[other], digits: 2)
            }))
      }
    } else if case .accuracy(let first)? = metrics.first?.agreement {
      for (place, category) in first.categories.enumerated() {
        columns.append(
          Column(
            title: category.name,
            cells: metrics.map { metric in
              guard case .accuracy(let accuracy) = metric.agreement else { return "–" }
              return Self.hundredth(accuracy.categories[place].share, digits: 2)
            }))
      }
    }
    return columns
  }

  private func notes() -> [String] { labelledNotes.flatMap(Provenance.noteLines) + provenance.notes }

  private var labelledNotes: [(label: String, text: String)] {
    var notes = [(label: "rules", text: rules)]
    if let draws { notes.append(("references", "mean over \(draws.count) random samples of \(draws.size)")) }
    if metrics.contains(where: { $0.interval != nil }) {
      notes.append(
        (
          "interval",
          "over images, \(Self.grouped(bootstrap.resamples)) bootstrap resamples, seed \(bootstrap.seed)"
        ))
    }
    for metric in metrics where metric.rows != rows {
      notes.append(("note", "\(metric.name) was compared with \(Self.grouped(metric.rows)) of them"))
    }
    return notes
  }

  /// A value times 100; a dash where there is none.
  private static func hundredth(_ value: Double?, digits: Int) -> String {
    value.map { String(format: "%.\(digits)f", $0 * 100) } ?? "–"
  }

  /// A whole number with commas between thousands.
  private static func grouped(_ number: Int) -> String {
    let digits = String(number)
    return String(
      digits.enumerated().flatMap { place, digit -> [Character] in
        place > 0 && (digits.count - place).isMultiple(of: 3) ? [",", digit] : [digit]
      })
  }
}
