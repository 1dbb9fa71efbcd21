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
        plumb ablate Recipes/mini/blocks.yaml --set seeds=[1,2] --dry-run
        plumb ablate Recipes/mini/blocks.yaml

      An ablation file names a recipe, the seeds, and rows with the settings of each variant (as in `plumb distill \
      --set`). Every row is trained with every seed; a study that was stopped resumes with the same command. The table \
      of means and standard deviations over the seeds is printed, and written to OUTPUT/table.md.
      """)

  @Argument(help: "Ablation file (YAML).")
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
