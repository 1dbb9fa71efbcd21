import ArgumentParser
import Files
import Foundation
import Plotting
import Training

/// `plumb runs plot`.
struct RunsPlot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Plot the losses, learning rate and validations of training runs.",
    discussion: """
        plumb runs plot runs/own/log.jsonl --output training.svg
        plumb runs plot runs/a/log.jsonl runs/b/log.jsonl --value validation_text_to_image_R@10 --output recall.svg

      Each quantity has a panel: the losses, learning_rate, grad_norm, and each validation measure (validation_…). Stages \
      are marked.
      """)

  @Argument(help: ArgumentHelp("Logs of training runs (OUTPUT/log.jsonl).", valueName: "log.jsonl"))
  var logs: [String]

  @Option(
    help: ArgumentHelp("Name of a value to plot; may be repeated (default: all values).", valueName: "name"))
  var value: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("SVG file to write.", valueName: "file.svg"))
  var output: String

  func run() throws {
    var check = OutputCheck()
    check.reads(logs)
    check.writes(output)
    try check.validateAndTryFiles()
    try requirePlotName(output, "--output")
    let runs = try logs.map { try TrainingCurves(contentsOf: inputFile($0)) }
    let plot = try TrainingCurves.plot(zip(logs, runs).map { ($0, $1) }, values: value.isEmpty ? nil : value)
    try AtomicFile.write(plot.svg, to: outputFile(output))
  }
}
