import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Files
import Foundation
import Plotting

/// What belongs to the comparison of several systems.
struct SystemOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Number of bootstrap resamples of the captions.", valueName: "count"))
  var resamples = PairedResampling().resamples

  @Option(help: ArgumentHelp("Number of trials of approximate randomization.", valueName: "count"))
  var trials = PairedResampling().trials

  @Option(help: "Random seed; 12345 is SacreBLEU's.")
  var seed = PairedResampling().seed

  @Option(help: ArgumentHelp("Write a table in Markdown, a line a system.", valueName: "file.md"))
  var markdown: String?

  @Option(
    help: ArgumentHelp("Write a table in LaTeX (booktabs), a line a system.", valueName: "file.tex"))
  var latex: String?

  @Option(
    help: ArgumentHelp(
      "Write all numbers as CSV, a line for each metric and system.", valueName: "file.csv"))
  var csv: String?

  @Option(
    help: ArgumentHelp("Write a plot of the differences with their intervals.", valueName: "file.svg"))
  var plot: String?

  /// Names of what was asked for that one system cannot have.
  var names: [String] {
    [
      ("--markdown", markdown != nil), ("--latex", latex != nil), ("--csv", csv != nil),
      ("--plot", plot != nil),
      ("--resamples", resamples != PairedResampling().resamples),
      ("--trials", trials != PairedResampling().trials), ("--seed", seed != PairedResampling().seed),
    ].filter(\.1).map(\.0)
  }

  /// The files that are written.
  var outputs: [String?] { [markdown, latex, csv, plot] }

  func validate() throws {
    for (name, count) in [("--resamples", resamples), ("--trials", trials)] {
      guard (0...1_000_000).contains(count) else {
        throw ValidationError("\(name) must be from 0 to 1000000.")
      }
    }
  }
}

extension Score {
  /// Throws where something is asked for that goes only with several systems.
  func validateSystems() throws {
    if candidates.count < 2, let name = systems.names.first {
      throw ValidationError(
        "\(name) belongs to the comparison of systems; give two or more files of captions.")
    }
  }

  /// Compares systems.
  func compare(
    _ datasets: [CaptionDataset], _ metrics: [any CaptionMetric], _ embedder: CLIPEmbedder?,
    _ provenance: Provenance
  ) throws {
    var comparison = SystemComparison(metrics: metrics)
    comparison.keepGoing = keepGoing
    comparison.hiddenValues = try selection.hiddenValues
    comparison.threads = options.threads
    comparison.resampling.resamples = systems.resamples
    comparison.resampling.trials = systems.trials
    comparison.resampling.seed = systems.seed
    comparison.resampling.threads = options.threads
    var provenance = provenance
    provenance.inputs.others += candidates.map { ("systems", $0) }
    let line = ProgressLine()
    defer { line.clear() }
    let report = try comparison.report(
      on: zip(Self.names(candidates), datasets).map { .init($0, $1) }, embedder: embedder,
      provenance: provenance
    ) { line.update($0, $1, of: $2) }
    line.clear()
    let files = [
      (systems.markdown, report.markdown), (systems.latex, report.latex), (systems.csv, report.csv),
      (systems.plot, { report.plot.svg }),
    ]
    if let perCaption { try report.writeLines(to: outputFile(perCaption)) }
    for case (let file?, let text) in files { try AtomicFile.write(text(), to: outputFile(file)) }
    try form.finish(report)
  }

  /// What systems are called: the names of their files without extension; of those that are equal, with as many of the folders
  /// above as make them different, or else their files as they were given.
  private static func names(_ files: [String]) -> [String] {
    let paths = files.map { file -> [String] in
      guard file != "-" else { return ["standard input"] }
      var url = URL(fileURLWithPath: file)
      if url.pathExtension == "gz" { url.deletePathExtension() }
      return url.deletingPathExtension().standardizedFileURL.pathComponents.filter { $0 != "/" }
    }
    func tail(_ path: [String], _ length: Int) -> String { path.suffix(length).joined(separator: "/") }
    let names = paths.map { path -> String in
      let length = (1...max(1, path.count)).first { length in
        paths.count { tail($0, length) == tail(path, length) } == 1
      }
      return tail(path, length ?? path.count)
    }
    if Set(names).count == names.count { return names }
    return Set(files).count == files.count ? files : files.enumerated().map { "\($1) (\($0 + 1))" }
  }
}
