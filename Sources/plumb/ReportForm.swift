import ArgumentParser
import CaptionMetrics
import Evaluation

/// A report of scores, with what they depend on.
protocol PrintedReport {
  var provenance: Provenance { get }
  /// One line for a paper.
  var signature: String { get }
  func table() -> String
  func json() throws -> String
}

extension PrintedReport {
  var signature: String { provenance.signature }
}

extension ScoreReport: PrintedReport {}
extension EvaluationReport: PrintedReport {}
extension JudgementReport: PrintedReport {}
extension SystemReport: PrintedReport {}

/// What of a report is printed.
struct ReportForm: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false

  @Flag(
    name: [.long, .customLong("signature")],
    help: "Print a one-line signature for papers: the metrics and everything their values depend on.")
  var cite = false

  /// The name of ``cite`` that was given: both mean the same.
  static var citeOption: String {
    CommandLine.arguments.contains("--signature") ? "--signature" : "--cite"
  }

  func validate() throws {
    if cite, json {
      throw ValidationError("--json contains the signature already; leave out \(Self.citeOption).")
    }
  }

  /// Prints a report, and ends with status 2 if anything was skipped.
  func finish(_ report: some PrintedReport) throws {
    if cite {
      try Output.line(report.signature)
    } else if json {
      try Output.line(report.json())
      Output.note(report.provenance.warnings)
    } else {
      try Output.text(report.table())
    }
    try Output.end(skipped: report.provenance.skipped, isListed: !json && !cite)
  }
}
