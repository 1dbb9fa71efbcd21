import ArgumentParser
import Captioning
import Files
import Foundation
import JSON
import Training

/// `plumb caption tune`.
struct CaptionTune: TrainingCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Improve a captioner by rewards (self-critical training).",
    discussion: """
        plumb caption tune Recipes/captioner/mixed.yaml
        plumb caption tune Recipes/captioner/mixed.yaml --reward cider --set output=runs/cider

      Captions are sampled from the captioner and rewarded by metrics: lclip (CLIPScore by the reward model), reflclip, \
      cider, bleu1 to bleu4, meteor, rouge, grammar, or a weighted sum of them. The captioner learns to prefer those that \
      are rewarded more than the other samples of the same image. Before the first step and at every validation the \
      rewards, CIDEr and BLEU-4, the signs of a collapse (repetition, missing ends, identical captions) and the recipe's \
      judge, a metric that is no part of the reward, are measured; where the judge falls too far, training stops and \
      the best captioner so far is kept. A run that was stopped resumes where it was. Needs `plumb torch setup` once.
      """)

  @Argument(help: "Recipe (YAML).")
  var recipe: String

  @Option(help: ArgumentHelp("Reward, in the place of the recipe's.", valueName: "expression"))
  var reward: String?

  @OptionGroup var training: TrainingOptions

  @Flag(help: "Print the result as JSON; the plan of --dry-run is text.")
  var json = false

  func run() throws {
    let recipe = try SelfCriticalRecipe(
      contentsOf: inputFile(recipe),
      settings: training.settings + (reward.map { ["reward=\($0)"] } ?? []))
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    try check.validate()
    if training.dryRun { return try Output.line(recipe.plan()) }
    let result = try training.run { stop, reports in
      try SelfCriticalRun(recipe, stop: stop, reports: reports()).tune()
    }
    // The other processes of a run end without a result.
    guard let result else { return }
    try Output.line(json ? result.json.text() : result.table)
  }
}
