import ArgumentParser
import Files
import Foundation
import Plotting
import Training

/// `plumb runs plot`.
struct RunsPlot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw the losses, the learning rate and the validations of runs.",
    discussion: """
        plumb runs plot runs/own/log.jsonl --output training.svg
        plumb runs plot runs/a/log.jsonl runs/b/log.jsonl --value validation_text_to_image_R@10 --output recall.svg

      Each quantity has axes of its own: the losses of the steps, the learning rate ("learning_rate"), the norm of the gradient \
      ("grad_norm"), and each measure of the validations, whose names begin with "validation_". Stages are set apart. \
      Without --value all are drawn.
      """)

  @Argument(help: "Logs of runs.")
  var logs: [String]

  @Option(help: ArgumentHelp("What to draw; may be given again. Everything by default.", valueName: "name"))
  var value: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("The plot to write.", valueName: "file.svg"))
  var output: String

  func run() throws {
    var check = OutputCheck()
    check.reads(logs)
    check.writes(output)
    try check.validate()
    let runs = try logs.map { try TrainingCurves(contentsOf: URL(fileURLWithPath: $0)) }
    let plot = try TrainingCurves.plot(zip(logs, runs).map { ($0, $1) }, values: value.isEmpty ? nil : value)
    try AtomicFile.write(plot.svg, to: URL(fileURLWithPath: output))
  }
}
