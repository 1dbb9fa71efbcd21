import CLIP
import Evaluation
import Foundation
import Training

extension DistillationRecipe.Start {
  /// The model before training. Throws what `Checkpoint` throws.
  func open(seed: UInt64) throws -> Checkpoint {
    switch self {
    case .checkpoint(let name): try Checkpoint.open(at: ModelLocator.resolve(name))
    case .architecture(let folder): try Checkpoint(randomAt: folder, seed: seed)
    case .grown(let name, let folder):
      try Checkpoint(growing: Checkpoint.open(at: ModelLocator.resolve(name)), at: folder, seed: seed)
    }
  }
}

extension DistillationRecipe {
  /// The model before training, its trunk pretrained where the recipe names one. Throws what `Checkpoint` and
  /// `TrunkWeights` throw.
  func begin() throws -> Checkpoint {
    let model = try start.open(seed: seed)
    return try trunk.map { try model.withTrunk(TrunkWeights(opening: $0)) } ?? model
  }

  /// Every caption of the data and of the validation, as it stands there. Throws what the readers throw.
  public func captions() throws -> [String] {
    var captions: [String] = []
    for source in sources {
      let set = try source.open(missingShare: maxSkippedFraction)
      captions += (0..<set.captionCount).map { set.caption($0) }
    }
    if let validation {
      let set = try TrainingSet.captions(
        validation.captions, images: validation.images, split: validation.split)
      captions += (0..<set.captionCount).map { set.caption($0) }
    }
    return captions
  }

  /// What would be trained, for people; everything that the recipe names is opened. Throws what the readers throw.
  public func plan() throws -> String {
    let model = try begin()
    try validate(model.configuration, worldSize: 1)
    let counts = model.configuration.parameterCounts
    var lines = [
      "model   \(model.name): \(counts.whole) parameters, image tower \(counts.imageTower), text tower \(counts.textTower)"
    ]
    let sets = try sources.map { try $0.open(missingShare: maxSkippedFraction) }
    for (source, set) in zip(sources, sets) {
      lines.append("data    \(source.name): \(set.counts(of: "items"))")
    }
    if let validation {
      let set = try TrainingSet.captions(
        validation.captions, images: validation.images, split: validation.split)
      if let file = validation.judgements { _ = try JudgementSet(contentsOf: file) }
      lines.append("validation  \(set.counts(of: "items"))")
    }
    for stage in stages {
      if teacher.texts != nil, stage.needsTeacherTexts {
        // Looked up in the file: every text must be there.
        let own = zip(sources, sets).filter { stage.data.contains($0.0.name) }.map(\.1)
        _ = try TeacherTargets(
          teacher, for: TrainingSet.joined(own), in: output, needsImages: false, needsTexts: true,
          threads: threads, progress: { _, _, _ in })
      }
      lines.append(
        "stage   \(stage.name): trains \(stage.trains.rawValue) on \(stage.data.joined(separator: ", ")), "
          + "\(stage.settings.epochs) epochs, batches of \(stage.settings.batchSize * stage.settings.gradAccumulationSteps)"
      )
    }
    lines.append("output  \(output.relativePath)")
    return lines.joined(separator: "\n")
  }
}
