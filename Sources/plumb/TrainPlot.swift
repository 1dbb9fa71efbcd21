import ArgumentParser
import CaptionMetrics
import Compute
import Foundation
import Learning

/// `plumb train plot`.
struct TrainPlot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw the losses and validations of runs.",
    discussion: """
        plumb train plot runs/mini/log.jsonl --output loss.svg
        plumb train plot runs/a/log.jsonl runs/b/log.jsonl --value validation_text_to_image_R@10 --output recall.svg

      Each log is a line of its own for each value; --value may be given again. The values of a step are its losses, \
      "rate" and "gradient"; those of a validation begin with "validation_".
      """)

  @Argument(help: "Logs of runs.")
  var logs: [String]

  @Option(help: ArgumentHelp("What to draw; the loss by default.", valueName: "name"))
  var value: [String] = ["loss"]

  @Option(name: .shortAndLong, help: ArgumentHelp("The picture to write.", valueName: "file.svg"))
  var output: String

  func run() throws {
    let runs = try logs.map { try TrainingCurves(contentsOf: URL(fileURLWithPath: $0)) }
    let plot = try TrainingCurves.plot(zip(logs, runs).map { ($0, $1) }, values: value)
    try AtomicFile.write(plot.svg, to: URL(fileURLWithPath: output))
  }
}
