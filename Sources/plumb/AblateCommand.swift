import ArgumentParser
import Captioning
import Distillation
import Files
import Foundation
import Plotting
import Training

/// `plumb ablate`.
struct AblateCommand: TrainingCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract:
      "Run an ablation study: train variants of a recipe with several seeds and tabulate the results.",
    discussion: """
        plumb ablate Recipes/mini/blocks.yaml --set seeds=[1,2] --dry-run
        plumb ablate Recipes/mini/blocks.yaml

      An ablation file names a recipe, the seeds, and rows with the settings of each variant (as in `plumb distill \
      --set`, `plumb caption train` or `plumb caption tune`, whichever the recipe is for). Every row is trained with every seed; a study that was stopped resumes with the same command. The table \
      of means and standard deviations over the seeds is printed, and written to OUTPUT/table.md; the values of the logs \
      that the file names as curves are drawn in OUTPUT/curves.svg.
      """)

  @Argument(help: "Ablation file (YAML).")
  var table: String

  @OptionGroup var training: TrainingOptions

  func run() throws {
    let ablation = try Ablation(contentsOf: inputFile(table), settings: training.settings)
    try ablation.checkOutputs(Self.open)
    if training.dryRun {
      for (number, row) in ablation.rows.enumerated() {
        let recipe = try ablation.recipe(row: number, seed: ablation.seeds[0], Self.open)
        let plan: String
        do { plan = try recipe.plan() } catch  where row.isForEachSeed {
          plan = "begins with what a row above trains, which is not there yet: \(sentence(for: error))"
        }
        try Output.line("== \(row.name), \(ablation.seeds.count) seeds\n\(plan)")
      }
      return
    }
    let found = try training.run { stop, reports in
      try ablation.run(Self.open, stop: stop) { row, seed in reports("\(row.name), seed \(seed): ") }
    }
    guard let found else { return }
    try AtomicFile.write(found.markdown(), to: ablation.output.appendingPathComponent("table.md"))
    if let plot = try ablation.plot() {
      try AtomicFile.write(plot.svg, to: ablation.output.appendingPathComponent("curves.svg"))
    }
    try Output.text(found.markdown())
  }

  /// Reads a recipe of whatever command it is for.
  private static func open(_ recipe: Recipe) throws -> any AblatedRecipe {
    let keys = try recipe.root.keys().names
    if keys.contains("reward") { return try SelfCriticalRecipe(recipe) }
    if keys.contains("encoder") { return try CaptionRecipe(recipe) }
    return try DistillationRecipe(recipe)
  }
}
