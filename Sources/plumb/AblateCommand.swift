import ArgumentParser
import Distillation
import Files
import Foundation
import Training

/// `plumb ablate`.
struct AblateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract:
      "Run an ablation study: train variants of a recipe with several seeds and tabulate the results.",
    discussion: """
        plumb ablate Recipes/mini/regulator.yaml --set seeds=[1,2] --dry-run
        plumb ablate Recipes/mini/regulator.yaml

      An ablation file names a recipe, the seeds, and rows with the settings of each variant (as in `plumb distill \
      --set`). Every row is trained with every seed; a study that was stopped resumes with the same command. The table \
      of means and standard deviations over the seeds is printed, and written to OUTPUT/table.md.
      """)

  @Argument(help: "Ablation file (YAML).")
  var table: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a value of the ablation file; may be repeated.", valueName: "path=value"))
  var settings: [String] = []

  @Flag(help: "Check the ablation file and its recipes, print the plans, and exit.")
  var dryRun = false

  func run() throws {
    let ablation = try Ablation(contentsOf: URL(fileURLWithPath: table), settings: settings)
    if dryRun {
      for (number, row) in ablation.rows.enumerated() {
        let recipe = try ablation.recipe(row: number, seed: ablation.seeds[0])
        try Output.line("== \(row.name), \(ablation.seeds.count) seeds\n\(recipe.plan())")
      }
      return
    }
    try ablation.outputCheck().validate()
    let line = ProgressLine(isLogged: true)
    defer { line.clear() }
    Interruption.release()
    let found = try ablation.run(stop: StopRequest()) { row, seed in
      .shown(on: line, before: "\(row.name), seed \(seed): ")
    }
    line.clear()
    guard let found else {
      Output.note("stopped; the same command resumes from here")
      throw ExitCode(130)
    }
    try AtomicFile.write(found.markdown(), to: ablation.output.appendingPathComponent("table.md"))
    try Output.text(found.markdown())
  }
}

extension DistillationRun.Reports {
  /// Shows a run's progress on a line, its sentences above it.
  static func shown(on line: ProgressLine, before prefix: String = "") -> Self {
    var reports = Self()
    reports.preparing = { line.update(prefix + $0, $1, of: $2) }
    reports.note = {
      line.clear()
      Output.note(prefix + $0)
    }
    reports.training = { progress in
      let loss = String(format: "%.4f", progress.loss)
      line.update(
        prefix + progress.stage, progress.step, of: progress.steps,
        detail: "epoch \(progress.epoch), loss \(loss), step")
    }
    return reports
  }
}
