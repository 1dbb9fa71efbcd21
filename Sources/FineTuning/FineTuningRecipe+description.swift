import CLIP
public import Training

extension FineTuningRecipe {
  /// What makes a run another run, in fields: not the place, the device, the threads, or what is made of its result.
  ///
  /// - Parameter start: what the model before training is, wherever it lies.
  public func description(start: String) -> RunDescription {
    var run = RunDescription()
    run.add("start", start)
    header.describe(in: &run)
    run.add("data.paraphrases", paraphrases.file)
    run.add("data.images", paraphrases.images)
    run.add("data.split", paraphrases.split)
    run.add("data.text_only", paraphrases.textOnly)
    run.add("data.anchors", paraphrases.anchors)
    run.add("max_skipped_fraction", maxSkippedFraction, default: 0.01)
    run.add("validation.captions", validation.captions)
    run.add("validation.images", validation.images)
    run.add("validation.split", validation.split)
    run.add("validation.paraphrases", validation.paraphrases)
    switch trainable {
    case .all: break
    case .lastLayers(let count): run.add("unfrozen_layers", count)
    case .lora(let configuration):
      run.add("lora.rank", configuration.rank)
      run.add("lora.alpha", configuration.alpha)
    }
    switch scale {
    case .model: break
    case .learned: run.add("temperature", "learned")
    case .temperature(let value): run.add("temperature", value)
    }
    run.add("losses.image_paraphrase", losses.imageParaphrase, default: 1)
    run.add("losses.caption_plain", losses.captionPlain, default: 1)
    run.add("losses.plain_paraphrase", losses.plainParaphrase, default: 1)
    run.add("losses.anchor", losses.anchor, default: 1)
    run.section("train") { settings.describe(in: &$0) }
    return run
  }
}
