import ArgumentParser
import Distillation
import Files
import Foundation
import Training

/// `plumb distill`.
struct DistillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distill",
    abstract: "Train a lightweight CLIP as a recipe says.",
    discussion: """
        plumb distill Recipes/own/images.yaml
        plumb distill Recipes/own/images.yaml --set stages[0].epochs=2 --set output=runs/trial
        torchrun --nproc-per-node 4 --no-python plumb distill Recipes/own/images.yaml --set stages[0].batch=4

      A recipe names the model, its teacher, the data and the stages; Recipes/ has commented ones, and Recipes/own is the one to       begin with. (`plumb torch setup` puts torchrun into venv/bin of the folder that `plumb torch show` names.) A run that is stopped \
      (Control-C, a crash, a power cut) goes on from its last saved state when the same command is given again. The \
      finished model is OUTPUT/model, the best of the current stage OUTPUT/best, the log OUTPUT/log.jsonl \
      (`plumb runs plot`). Needs `plumb torch setup` once.
      """)

  @Argument(help: "The recipe, a YAML file.")
  var recipe: String

  @OptionGroup var training: TrainingOptions

  @Option(
    help: ArgumentHelp(
      "Write all captions of the recipe's data, one a line, and train nothing: for another text encoder.",
      valueName: "file"))
  var texts: String?

  func run() throws {
    let recipe = try DistillationRecipe(
      contentsOf: URL(fileURLWithPath: recipe), settings: training.settings)
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    check.writes(texts)
    try check.validate()
    if let texts { return try writeTexts(recipe, to: URL(fileURLWithPath: texts)) }
    if training.dryRun { return try Output.line(recipe.plan()) }
    let model = try training.run { stop, reports in
      try DistillationRun(recipe, stop: stop, reports: reports()).train()
    }
    if let model { try Output.line(model.relativePath) }
  }

  private func writeTexts(_ recipe: DistillationRecipe, to url: URL) throws {
    var seen: Set<String> = []
    var text = ""
    for caption in try recipe.captions() where seen.insert(caption).inserted { text += caption + "\n" }
    try AtomicFile.write(text, to: url)
  }
}
