import CaptionMetrics
import Files
import Foundation

extension SystemReport {
  /// The systems as tables for people, one for each system beside the baseline.
  public func table() -> String {
    var lines = ["Scores of \(names.count) systems on \(captionCount) caption\(captionCount == 1 ? "" : "s")"]
    for system in names.indices.dropFirst() {
      lines.append("")
      lines += alignedLines([header(system)] + rows.map { cells($0, system) })
    }
    lines.append("")
    lines += notes.flatMap { Provenance.noteLines($0.label, $0.text) } + provenance.notes
    return lines.joined(separator: "\n") + "\n"
  }

  private var notes: [(label: String, text: String)] {
    var notes: [(label: String, text: String)] = []
    if rows.contains(where: { $0.values.contains { $0.difference?.interval != nil } }) {
      notes.append(
        (
          "interval",
          "of the difference, 95 %, over captions, \(resampling.resamples) bootstrap resamples, seed \(resampling.seed)"
        ))
    }
    if rows.contains(where: { $0.values.contains { $0.difference?.pValue != nil } }) {
      notes.append(
        (
          "p",
          "\(test), not corrected for the number of metrics and systems"
        ))
    }
    return notes
  }

  /// The test whose p-values tables show.
  private var test: String {
    resampling.trials > 0
      ? "approximate randomization (\(resampling.trials) trials), two-sided"
      : "paired bootstrap (\(resampling.resamples) resamples), as SacreBLEU computes it"
  }

  private func header(_ system: Int) -> [String] {
    ["", names[0], names[system], "difference", "95 % interval", "p", "captions better, equal, worse"]
  }

  private func cells(_ row: Row, _ system: Int) -> [String] {
    let value = row.values[system]
    let difference = value.difference
    return [
      row.scale.name, Self.fixed(row.values[0].value), Self.fixed(value.value),
      difference.map { Self.signed($0.value) } ?? "–",
      difference?.interval.map { "\(Self.signed($0.lowerBound)) to \(Self.signed($0.upperBound))" } ?? "–",
      Self.probability(difference?.pValue),
      difference.map { "\($0.captions.better), \($0.captions.equal), \($0.captions.worse)" } ?? "–",
    ]
  }

  /// A table for a paper in Markdown: a line a system, a column a metric; `*` where p < 0.05.
  public func markdown() -> String {
    var lines = [
      "| system | " + rows.map(\.scale.name).joined(separator: " | ") + " |",
      "|---|" + String(repeating: "---|", count: rows.count),
    ]
    for system in names.indices {
      lines.append(
        "| \(EvaluationReport.escaped(names[system])) | "
          + rows.map { paperCell($0.values[system]) }.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n") + "\n\n" + caption + "\n"
  }

  /// The same table in LaTeX, for the package `booktabs`.
  public func latex() -> String {
    var lines = [
      "\\begin{tabular}{l" + String(repeating: "r", count: rows.count) + "}", "\\toprule",
      (["system"] + rows.map(\.scale.name)).map(Self.escapedLaTeX).joined(separator: " & ") + " \\\\",
      "\\midrule",
    ]
    for system in names.indices {
      let cells = rows.map { paperCell($0.values[system]).replacing("*", with: "$^{*}$") }
      lines.append(([Self.escapedLaTeX(names[system])] + cells).joined(separator: " & ") + " \\\\")
    }
    lines += ["\\bottomrule", "\\end{tabular}", "% " + caption]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A line for each metric and system, with all numbers.
  public func csv() -> String {
    var text = CSVLine.text([
      "metric", "system", "value", "low", "high", "difference", "difference_low", "difference_high",
      "p_bootstrap", "p_randomization", "captions_better", "captions_equal", "captions_worse",
    ])
    for row in rows {
      for (name, value) in zip(names, row.values) {
        let difference = value.difference
        let numbers: [Double?] = [
          value.value, value.interval?.lowerBound, value.interval?.upperBound, difference?.value,
          difference?.interval?.lowerBound, difference?.interval?.upperBound, difference?.pBootstrap,
          difference?.pRandomization,
        ]
        let captions = difference?.captions
        let counts = [captions?.better, captions?.equal, captions?.worse]
        text += CSVLine.text(
          [row.scale.name, name] + numbers.map { $0.map { "\($0)" } ?? "" }
            + counts.map { $0.map(String.init) ?? "" })
      }
    }
    return text
  }

  /// What a paper says below its table.
  private var caption: String {
    "\(captionCount) captions; *: p < 0.05 against \(names.first ?? ""), \(test); \(signature)"
  }

  private func paperCell(_ value: Value) -> String {
    Self.fixed(value.value) + ((value.difference?.pValue ?? 1) < 0.05 ? "*" : "")
  }

  private static func fixed(_ value: Double) -> String { String(format: "%.4f", value) }
  private static func signed(_ value: Double) -> String {
    // What rounds to zero has no sign.
    abs(value) < 0.00005 ? fixed(0) : String(format: "%+.4f", value)
  }

  private static func probability(_ value: Double?) -> String {
    value.map { $0 < 0.0001 ? "<0.0001" : String(format: "%.4f", $0) } ?? "–"
  }

  private static func escapedLaTeX(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\textbackslash{}"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      default: result.append(character)
      }
    }
  }
}
