import ArgumentParser
import Distillation
import Files
import Foundation
import Training

/// `plumb distill`.
struct DistillCommand: TrainingCommand {
  static let configuration = CommandConfiguration(
    commandName: "distill",
    abstract: "Train a lightweight CLIP model by distillation, from a recipe.",
    discussion: """
        plumb distill Recipes/own/images.yaml
        plumb distill Recipes/own/images.yaml --set stages[0].epochs=2 --set output=runs/trial
        torchrun --nproc-per-node 4 --no-python plumb distill Recipes/own/images.yaml --set stages[0].batch_size=4

      A recipe names the model, its teacher, the data and the stages of training; Recipes/ has commented ones, and \
      Recipes/own/images.yaml is the one to begin with. A run that was stopped (Control-C, a crash, a power cut) \
      resumes from its last saved state when the same command is given again. The finished model is OUTPUT/model, the \
      best one of the current stage OUTPUT/best, the log OUTPUT/log.jsonl (see `plumb runs`). Needs `plumb torch setup` \
      once, which also installs torchrun, in venv/bin of the folder that `plumb torch show` prints.
      """)

  @Argument(help: "Recipe (YAML).")
  var recipe: String

  @OptionGroup var training: TrainingOptions

  @Option(
    name: .customLong("write-texts"),
    help: ArgumentHelp(
      "Write all captions of the recipe's data, one a line, to be embedded by another text encoder, and exit.",
      valueName: "file"))
  var texts: String?

  func run() throws {
    let recipe = try DistillationRecipe(
      contentsOf: inputFile(recipe), settings: training.settings)
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    check.writes(texts)
    try check.validate()
    if let texts { return try writeTexts(recipe, to: outputFile(texts)) }
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
