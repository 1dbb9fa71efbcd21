import ArgumentParser
import Captioning
import Files
import Foundation
import JSON
import Training

/// `plumb caption train`.
struct CaptionTrain: TrainingCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a captioner on images and captions.",
    discussion: """
        plumb caption train Recipes/captioner/flickr8k.yaml
        plumb caption train Recipes/captioner/flickr8k.yaml --set train.epochs=5 --set output=runs/short

      A recipe names the image encoder, whose grid of features is computed once and cached, the captions, and the training \
      settings. A transformer decoder learns to write them, by cross-entropy. After every epoch it describes the \
      validation images and is measured by CIDEr; OUTPUT/model is the captioner of the best epoch. A run that was stopped \
      resumes where it was. Needs `plumb torch setup` once.
      """)

  @Argument(help: "Recipe (YAML).")
  var recipe: String

  @OptionGroup var training: TrainingOptions

  @Flag(help: "Print the result as JSON; the plan of --dry-run is text.")
  var json = false

  func run() throws {
    let recipe = try CaptionRecipe(contentsOf: inputFile(recipe), settings: training.settings)
    var check = recipe.outputCheck()
    check.reads(self.recipe)
    try check.validate()
    if training.dryRun { return try Output.line(recipe.plan()) }
    let result = try training.run { stop, reports in
      try CaptionTrainingRun(recipe, stop: stop, reports: reports()).train()
    }
    // The other processes of a run end without a result.
    guard let result else { return }
    try Output.line(json ? result.json.text() : result.table)
  }
}

extension CaptionTrainingRun.Result {
  /// The validation as a table.
  var table: String {
    var lines = (best?.measures ?? []).map { measure in
      "\(measure.name.padding(toLength: 12, withPad: " ", startingAt: 0)) \(String(format: "%8.4f", measure.value))"
    }
    if let epoch { lines.append("of epoch \(epoch), on the validation images") }
    return (lines + ["", model.relativePath]).joined(separator: "\n")
  }

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("model", .string(model.relativePath)), .init("parameters", .integer(parameterCount)),
    ]
    if let epoch { members.append(.init("epoch", .integer(epoch))) }
    if let best {
      members.append(
        .init("validation", .object(best.measures.map { .init($0.name, .number($0.value)) })))
    }
    return .object(members)
  }
}
