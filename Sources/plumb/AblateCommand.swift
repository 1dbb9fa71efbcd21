import ArgumentParser
import Distillation
import Files
import Foundation
import Training

/// `plumb ablate`.
struct AblateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract: "Train a recipe with parts of it changed or left out, and write what each is worth to a table.",
    discussion: """
        plumb ablate Recipes/mini/regulator.yaml --set seeds=[1,2] --dry-run
        plumb ablate Recipes/mini/regulator.yaml

      A table names a recipe, seeds, and rows with the settings that make each another (as `plumb distill --set`). \
      Every row is trained with every seed; a table that was stopped goes on with the same command. The table is \
      printed, and written to OUTPUT/table.md: means over the seeds and their standard deviation.
      """)

  @Argument(help: "The table, a YAML file.")
  var table: String

  @OptionGroup var training: TrainingOptions

  func run() throws {
    let ablation = try Ablation(contentsOf: URL(fileURLWithPath: table), settings: training.settings)
    if training.dryRun {
      for (number, row) in ablation.rows.enumerated() {
        let recipe = try ablation.recipe(row: number, seed: ablation.seeds[0])
        try Output.line("== \(row.name), \(ablation.seeds.count) seeds\n\(recipe.plan())")
      }
      return
    }
    try ablation.outputCheck().validate()
    let found = try training.run { stop, reports in
      try ablation.run(stop: stop) { row, seed in reports("\(row.name), seed \(seed): ") }
    }
    guard let found else { return }
    try AtomicFile.write(found.markdown(), to: ablation.output.appendingPathComponent("table.md"))
    try Output.text(found.markdown())
  }
}
