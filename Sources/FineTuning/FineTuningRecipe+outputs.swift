public import Files
import Foundation
import Training

extension FineTuningRecipe {
  /// What a run reads and what it replaces; validate it before the run is begun.
  public func outputCheck() -> OutputCheck {
    var check = OutputCheck()
    check.readModel(model)
    for case let file? in [
      paraphrases.file, paraphrases.split, paraphrases.textOnly, paraphrases.anchors, validation.captions,
      validation.split, validation.paraphrases,
    ] {
      check.read(file)
    }
    for case let images? in [paraphrases.images, validation.images] { check.readImages(in: images) }
    header.addOutputs(folders: ["tuned"], files: ["curve.jsonl", "curve.svg"], to: &check)
    return check
  }
}
