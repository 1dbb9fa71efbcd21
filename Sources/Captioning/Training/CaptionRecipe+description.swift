import CLIP
public import Files
import Foundation
public import Training

extension CaptionRecipe {
  /// What makes a run another run, field by field.
  ///
  /// - Parameter encoder: what the image encoder is, wherever it lies.
  public func description(encoder: String) -> RunDescription {
    var run = RunDescription()
    run.add("encoder", encoder)
    header.describe(in: &run)
    sources.describe(in: &run)
    run.add("decoder.hidden_size", decoder.width)
    run.add("decoder.num_hidden_layers", decoder.layers)
    run.add("decoder.sharing", decoder.sharing, default: 1)
    run.add("decoder.num_attention_heads", decoder.heads)
    run.add("decoder.intermediate_size", decoder.mlpWidth)
    run.add("decoder.dropout", decoder.dropout)
    run.add("decoder.feature_dropout", decoder.featureDropout)
    run.add("min_word_count", minWordCount)
    run.add("max_length", maxLength)
    run.add("captions_per_image", captionsPerImage)
    run.add("label_smoothing", labelSmoothing)
    run.section("train") { settings.describe(in: &$0) }
    return run
  }

  /// What a run reads and what it replaces; validate it before the run is begun.
  public func outputCheck() -> OutputCheck {
    var check = OutputCheck()
    addInputs(to: &check)
    header.addOutputs(to: &check)
    return check
  }

  /// What would be trained, for people; everything that the recipe names is opened. Throws what the readers throw.
  public func plan() throws -> String {
    let begin = try Checkpoint.open(at: ModelLocator.resolve(encoder))
    let grid = begin.configuration.vision.grid
    let set = try sources.trainingSet()
    let measured = try sources.validationSet()
    let test = try sources.testSet()
    return """
      encoder     \(begin.name): \(grid.side) × \(grid.side) cells of \(grid.channels) channels, frozen
      decoder     \(decoder.layers) layers of width \(decoder.width)
      data        \(set.name): \(set.counts(of: "images"))
      validation  \(measured.counts(of: "images"))\(test.map { "\ntest        \($0.counts(of: "images"))" } ?? "")
      training    \(settings.epochs) epochs, batches of \(settings.batchSize * settings.gradAccumulationSteps) images
      output      \(output.relativePath)
      """
  }
}

extension GenerationOptions {
  func describe(in run: inout RunDescription) {
    run.add("strategy", "\(strategy)")
    run.add("length_penalty", lengthPenalty)
    run.add("no_repeat_ngram_size", noRepeatNGram)
    run.add("min_length", minLength, default: 1)
    run.add("forbid_bad_endings", !forbiddenEndings.isEmpty, default: false)
  }
}
