import ArgumentParser
import Files
import FineTuning
import Foundation
import JSON
import Training

/// `plumb finetune`.
struct FineTuneCommand: TrainingCommand {
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

  @OptionGroup var training: TrainingOptions

  @Option(
    name: .customLong("wise-ft-alpha"),
    help: ArgumentHelp(
      "α of the weight interpolation (1 − α) · original + α · tuned; chosen by max_recall_drop by default.",
      valueName: "0...1"))
  var wiseFTAlpha: Double?

  @Flag(help: "Print the result as JSON; the plan of --dry-run is text.")
  var json = false

  func validate() throws {
    if let wiseFTAlpha, !(0...1).contains(wiseFTAlpha) {
      throw ValidationError("--wise-ft-alpha must be from 0, the original weights, to 1, the tuned ones.")
    }
  }

  func run() throws {
    let recipe = try FineTuningRecipe(
      contentsOf: inputFile(recipe),
      settings: training.settings + (wiseFTAlpha.map { ["wise_ft_alpha=\($0)"] } ?? []))
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    try check.validate()
    if training.dryRun { return try Output.line(recipe.plan()) }
    let result = try training.run { stop, reports in
      try FineTuningRun(recipe, stop: stop, reports: reports()).tune()
    }
    // The other processes of a run end without a result.
    guard let result else { return }
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
          + (point.alpha == alpha ? "  chosen" : ""))
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
