import CLIP
import Foundation
public import Training

extension FineTuningRecipe {
  /// What makes a run another run: not the place, the device, the threads, or what is made of its result.
  func fingerprint(of start: Checkpoint) -> String { description(start: start.fingerprint()).fingerprint }

  /// The same in fields.
  ///
  /// - Parameter start: what the model before training is, wherever it lies.
  public func description(start: String) -> RunDescription {
    var run = RunDescription()
    run.add("start", start)
    header.describe(in: &run)
    run.add("data.paraphrases", paraphrases.file)
    run.add("data.images", paraphrases.images)
    run.add("data.split", paraphrases.split)
    run.add("data.texts_alone", paraphrases.textsAlone)
    run.add("data.anchors", paraphrases.anchors)
    run.add("broken_share", brokenShare, default: 0.01)
    run.add("validation.captions", validation.captions)
    run.add("validation.images", validation.images)
    run.add("validation.split", validation.split)
    run.add("validation.paraphrases", validation.paraphrases)
    switch update {
    case .whole: break
    case .lastLayers(let count): run.add("update.last_layers", count)
    case .lora(let plan):
      run.add("update.rank", plan.rank)
      run.add("update.rank_alpha", plan.alpha)
    }
    switch scale {
    case .model: break
    case .learnt: run.add("temperature", "learnt")
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
