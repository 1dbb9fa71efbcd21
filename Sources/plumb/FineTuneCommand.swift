import ArgumentParser
import Files
import FineTuning
import Foundation
import JSON
import Training

/// `plumb finetune`.
struct FineTuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune",
    abstract: "Fine-tune a text tower to be robust to paraphrases (ParaCLIP).",
    discussion: """
        plumb finetune Recipes/paraclip/mini.yaml
        plumb finetune Recipes/paraclip/mini.yaml --set model=openai/clip-vit-base-patch32 --set output=runs/b32
        plumb finetune Recipes/paraclip/mini.yaml --wise-ft-alpha 0.4

      A recipe names the model, the paraphrases (made by `plumb paraphrase`), the validation data and the training \
      settings. The image tower is frozen. After training, interpolations of the original and the tuned text tower, \
      (1 − α) · original + α · tuned, are validated (WiSE-FT): OUTPUT/curve.svg shows retrieval against paraphrase \
      robustness, and OUTPUT/model has the α that is most robust without losing more recall than the recipe's \
      max_recall_drop, or the one of --wise-ft-alpha. Another α of a finished run needs no training: give the command \
      again. A run that was stopped resumes where it was. Needs `plumb torch setup` once.
      """)

  @Argument(help: "Recipe (YAML).")
  var recipe: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a value of the recipe; may be repeated.", valueName: "path=value"))
  var settings: [String] = []

  @Option(
    name: .customLong("wise-ft-alpha"),
    help: ArgumentHelp(
      "α of the weight interpolation (1 − α) · original + α · tuned; chosen by max_recall_drop by default.",
      valueName: "0...1"))
  var wiseFTAlpha: Double?

  @Flag(help: "Check the recipe and its files, print the plan, and exit.")
  var dryRun = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let wiseFTAlpha, !(0...1).contains(wiseFTAlpha) {
      throw ValidationError("--wise-ft-alpha must be from 0, the original weights, to 1, the tuned ones.")
    }
  }

  func run() throws {
    let recipe = try FineTuningRecipe(
      contentsOf: URL(fileURLWithPath: recipe),
      settings: settings + (wiseFTAlpha.map { ["wise_ft_alpha=\($0)"] } ?? []))
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    try check.validate()
    if dryRun { return try Output.line(recipe.plan()) }
    let line = ProgressLine(isLogged: true)
    var reports = FineTuningRun.Reports()
    reports.preparing = { line.update($0, $1, of: $2) }
    reports.note = {
      line.clear()
      Output.note($0)
    }
    reports.training = { progress in
      line.update(
        progress.stage, progress.step, of: progress.steps,
        detail: "epoch \(progress.epoch), loss \(fixed(progress.loss)), step")
    }
    defer { line.clear() }
    Interruption.release()
    let stop = StopRequest()
    guard let result = try FineTuningRun(recipe, stop: stop, reports: reports).tune() else {
      // The other processes of a run end without a result.
      guard stop.isMade else { return }
      line.clear()
      Output.note("stopped; the same command resumes from here")
      throw ExitCode(130)
    }
    line.clear()
    try Output.line(json ? result.json.text() : result.table)
  }
}

extension FineTuningRun.Result {
  /// The interpolation curve as a table.
  fileprivate var table: String {
    var lines = ["    α    AO@10   JS@10     R@1    R@10"]
    for point in curve {
      let measures = point.measures
      let values = [
        measures.averageOverlap, measures.jaccard, measures.recallAt1, measures.recallAt10,
      ].map { String(format: "%7.2f", 100 * $0) }
      lines.append(
        String(format: "%5.2f  ", point.alpha) + values.joined(separator: " ")
          + (point.alpha == alpha ? "  kept" : ""))
    }
    return (lines + ["", model.relativePath]).joined(separator: "\n")
  }

  fileprivate var json: JSONValue {
    [
      "model": .string(model.relativePath), "alpha": .number(alpha),
      "curve": .array(curve.map(\.json)),
    ]
  }
}
