public import CaptionMetrics
import Files
import Foundation
import JSON
import Plotting

extension ModelComparison {
  /// The measures as a report: for two models the values before and after with the change, for one its values.
  public func report(provenance: Provenance) -> EvaluationReport {
    var provenance = provenance
    provenance.metrics = rows.map(\.name)
    provenance.skipped += skipped
    if !embedders.isEmpty {
      provenance.truncated.candidates = truncated[0]
      if truncated[1] != truncated[0], embedders.count > 1 {
        provenance.warnings.append("before, \(counted(truncated[1], "text")) were cut")
      }
    }
    let isPair = rows.contains { $0.before != nil }
    let columns: [(name: String, cells: [String])] =
      isPair
      ? [
        ("before", Self.cells(rows.map(\.before))), ("after", Self.cells(rows.map(\.model))),
        ("change", Self.cells(rows.map(\.change), areSigned: true)),
      ] : [("value", Self.cells(rows.map(\.model)))]
    let lines = rows.enumerated().map { index, row in
      EvaluationReport.Line(row.name, columns.map { $0.cells[index] })
    }
    var report = EvaluationReport(
      title: isPair ? "Paraphrase, before and after" : "Paraphrase", columns: columns.map(\.name),
      lines: lines,
      legend: legend,
      results: [
        .init("depth", .integer(depth)), .init("times", .integer(100)),
        .init("measures", .array(rows.map(\.json))),
        .init("images", imageCount.map(JSONValue.integer) ?? .null),
        .init(
          "interval",
          [
            "level": .number(bootstrap.level), "over": .array(drawn.map(JSONValue.string)),
            "method": "percentile bootstrap", "resamples": .integer(bootstrap.resamples),
            "seed": JSONValue(seed: bootstrap.seed),
          ]),
        .init("ties", "of equal cosines the lower row first in AO and JS; pessimistic in R"),
      ],
      provenance: provenance)
    report.remarks.append(("items", items))
    let overlaps = rows.compactMap { row -> String? in
      guard row.name.hasPrefix("AO@") || row.name.hasPrefix("JS@"), let share = row.relativeChange else {
        return nil
      }
      return "\(row.name) \(String(format: "%+.1f", share * 100)) %"
    }
    if !overlaps.isEmpty { report.remarks.append(("relative", overlaps.joined(separator: ", "))) }
    return report
  }

  /// Values with their intervals, such as `48.21 [46.9, 49.5]`, point below point.
  private static func cells(_ estimates: [Estimate?], areSigned: Bool = false) -> [String] {
    let values = estimates.map { $0.map { text($0.value, digits: 2, isSigned: areSigned) } ?? "–" }
    let intervals = estimates.map { estimate in
      estimate?.interval.map { "[\(text($0.lowerBound, digits: 1)), \(text($0.upperBound, digits: 1))]" }
        ?? ""
    }
    let (valueWidth, intervalWidth) = (values.map(\.count).max() ?? 0, intervals.map(\.count).max() ?? 0)
    return zip(values, intervals).map {
      let cell = $0.padded(to: valueWidth, inFront: true)
      return intervalWidth == 0 ? cell : "\(cell) \($1.padded(to: intervalWidth, inFront: true))"
    }
  }

  /// A number with so many digits after the point, one less where it has three before it; never "-0.0".
  private static func text(_ value: Double, digits: Int, isSigned: Bool = false) -> String {
    let digits = abs(value) >= 100 - 0.5 * pow(10, -Double(digits)) ? digits - 1 : digits
    let text = String(format: "%\(isSigned ? "+" : "").\(digits)f", value)
    let isZero = !text.contains { ("1"..."9").contains($0) }
    return isZero ? String(text.drop { $0 == "-" || $0 == "+" }) : text
  }

  private var legend: String {
    var parts = ["values × 100 with their \(Int((bootstrap.level * 100).rounded())) % intervals"]
    if rows.contains(where: { $0.name.hasPrefix("AO@") }) {
      parts.append(
        "AO and JS: how alike the first \(depth) images for a query and for its paraphrase are, of equal cosines "
          + "the lower row first")
    }
    if rows.contains(where: { $0.name.contains("R@") }) {
      parts.append("R: the share of images found, a tie counting against the model")
    }
    if rows.contains(where: { $0.noun == "pair of sentences" }) {
      parts.append("sets of sentences: Spearman's ρ")
    }
    if rows.contains(where: { $0.noun == "case" }) {
      parts.append("true against false captions: right, a tie is wrong")
    }
    return parts.joined(separator: "; ")
  }

  /// What was measured on what, and how the intervals were made.
  private var items: String {
    var parts: [String] = []
    if let pairs = rows.first(where: { $0.noun == "pair" }) {
      let images = imageCount.map { " among \(counted($0, "image"))" } ?? ""
      parts.append(counted(pairs.count, "query pair") + images)
    }
    for row in rows where row.noun == "pair of sentences" || row.noun == "case" {
      parts.append("\(row.name) \(counted(row.count, row.noun == "case" ? "case" : "pair"))")
    }
    parts.append(
      "\(bootstrap.resamples) bootstrap resamples of \(drawn.joined(separator: ", and of ")), seed \(bootstrap.seed)"
    )
    return parts.joined(separator: "; ")
  }

  /// The measures as an image: values on the left, and beside those of two models their change.
  ///
  /// - Parameter subtitle: what was measured, in a sentence.
  public func svg(subtitle: String = "") -> String {
    let level = "\(Int((bootstrap.level * 100).rounded())) % intervals"
    func shown(_ estimate: Estimate) -> ComparisonPlot.Value {
      .init(value: estimate.value, interval: estimate.interval)
    }
    let pairs = rows.compactMap { row -> ComparisonPlot.Row? in
      guard let before = row.before, let change = row.change else { return nil }
      return .init(
        name: row.name, before: shown(before), after: shown(row.model), change: shown(change))
    }
    if !pairs.isEmpty {
      return ComparisonPlot(
        title: "Paraphrase robustness, before and after", subtitle: subtitle,
        axis: "values × 100, with \(level)", changeAxis: "change", rows: pairs
      ).svg
    }
    return IntervalPlot(
      title: "Paraphrase robustness", subtitle: subtitle, axis: "values × 100, with \(level)",
      rows: rows.map { .init(name: $0.name, value: $0.model.value, interval: $0.model.interval) }
    ).svg
  }
}
