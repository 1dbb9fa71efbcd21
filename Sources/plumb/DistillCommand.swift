import ArgumentParser
import Distillation
import Files
import Foundation
import Training

/// `plumb distill`.
struct DistillCommand: ParsableCommand {
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

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a value of the recipe; may be repeated.", valueName: "path=value"))
  var settings: [String] = []

  @Option(
    name: .customLong("write-texts"),
    help: ArgumentHelp(
      "Write all captions of the recipe's data, one a line, to be embedded by another text encoder, and exit.",
      valueName: "file"))
  var texts: String?

  @Flag(help: "Check the recipe and its files, print the plan, and exit.")
  var dryRun = false

  func run() throws {
    let recipe = try DistillationRecipe(
      contentsOf: URL(fileURLWithPath: recipe), settings: settings)
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    check.writes(texts)
    try check.validate()
    if let texts { return try writeTexts(recipe, to: URL(fileURLWithPath: texts)) }
    if dryRun { return try Output.line(recipe.plan()) }
    let line = ProgressLine(isLogged: true)
    defer { line.clear() }
    Interruption.release()
    let run = try DistillationRun(recipe, stop: StopRequest(), reports: .shown(on: line))
    guard let model = try run.train() else {
      line.clear()
      Output.note("stopped; the same command resumes from here")
      throw ExitCode(130)
    }
    line.clear()
    try Output.line(model.relativePath)
  }

  private func writeTexts(_ recipe: DistillationRecipe, to url: URL) throws {
    var seen: Set<String> = []
    var text = ""
    for caption in try recipe.captions() where seen.insert(caption).inserted { text += caption + "\n" }
    try AtomicFile.write(text, to: url)
  }
}
