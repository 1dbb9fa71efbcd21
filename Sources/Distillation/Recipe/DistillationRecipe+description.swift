import CLIP
public import Training

extension DistillationRecipe {
  /// What makes a run that starts from a checkpoint another run.
  func description(of start: Checkpoint, through stage: Int) -> RunDescription {
    description(start: start.fingerprint(), through: stage)
  }

  /// What makes a run another run, in fields: the start, the data, the stages up to one; not the place, the device, the
  /// threads or what comes later.
  ///
  /// - Parameter start: what the parameters before training are, wherever they lie.
  public func description(start: String, through stage: Int) -> RunDescription {
    var run = RunDescription()
    run.add("start", start)
    header.describe(in: &run)
    for model in teacher.models { run.add("teacher.model", model) }
    run.add("teacher.texts", teacher.texts)
    run.add("teacher.text_embeddings", teacher.textEmbeddings)
    run.add("teacher.image_embeddings", teacher.imageEmbeddings.rawValue, default: "model")
    run.add("max_skipped_fraction", maxSkippedFraction, default: 0.01)
    run.add("image_cache.edge", cacheEdge, default: 256)
    run.add("validation.captions", validation?.captions)
    run.add("validation.images", validation?.images)
    run.add("validation.split", validation?.split)
    run.add("validation.judgements", validation?.judgements)
    let done = stages.prefix(stage + 1)
    let needed = Set(done.flatMap(\.data))
    for source in sources where needed.contains(source.name) {
      run.section("data.\(source.name)") { source.layout.describe(in: &$0) }
    }
    for (number, stage) in done.enumerated() {
      run.section("stages[\(number)]") { stage.describe(in: &$0) }
    }
    return run
  }
}

extension DistillationRecipe.Source.Layout {
  fileprivate func describe(in run: inout RunDescription) {
    switch self {
    case .captions(let captions, let images, let split, let excluding):
      run.add("captions", captions)
      run.add("images", images)
      run.add("split", split)
      run.add("excluding", excluding)
    case .table(let table, let images):
      run.add("table", table)
      run.add("images", images)
    case .folders(let folders, let names):
      run.add("folders", folders)
      run.add("names", names)
    case .shards(let patterns):
      for pattern in patterns { run.add("shards", pattern) }
    case .texts(let files, let column):
      for file in files { run.add("texts", file) }
      run.add("column", column)
    }
  }
}

extension DistillationRecipe.Stage {
  fileprivate func describe(in run: inout RunDescription) {
    run.add("name", name)
    run.add("train", trains.rawValue)
    for source in data { run.add("data", source) }
    run.add("captions", captions.rawValue, default: "random")
    run.add("image_size", imageSize)
    settings.describe(in: &run)
    run.add("drop_path", dropPath, default: 0)
    run.add("wise_ft_alpha", wiseFTAlpha, default: 1)
    for name in frozen { run.add("freeze", name) }
    run.add("freeze_bn_stats", freezesBatchNormStatistics, default: false)
    for (name, factor) in learningRateFactors.sorted(by: { $0.key < $1.key }) {
      run.add("learning_rate_factors.\(name)", factor)
    }
    run.section("losses") { losses.describe(in: &$0) }
    run.section("augment") { augmentation.describe(in: &$0) }
  }
}

extension DistillationRecipe.Losses {
  fileprivate func describe(in run: inout RunDescription) {
    run.add("image.l1", imageL1, default: 0)
    run.add("image.cosine", imageCosine, default: 0)
    run.add("text.l1", textL1, default: 0)
    run.add("text.cosine", textCosine, default: 0)
    run.add("similarity_regulator", similarityRegulator, default: 0)
    run.add("soft_labels", softLabels, default: 0)
    run.add("contrastive", contrastive, default: 0)
    run.add("contrastive.soft_targets", softTargets, default: 0)
    run.add("contrastive.temperature", softTargetTemperature, default: 0.07)
    run.add("relation.attention", attentionRelation, default: 0)
    run.add("relation.hidden", hiddenRelation, default: 0)
  }
}

extension Augmentation {
  fileprivate func describe(in run: inout RunDescription) {
    func text(_ range: ClosedRange<Double>) -> String { "\(range.lowerBound)...\(range.upperBound)" }
    run.add("crop", cropScale.map(text))
    run.add("ratio", text(cropRatio), default: text(3.0 / 4...4.0 / 3))
    run.add("flip", flip, default: 0)
    run.add("brightness", brightness, default: 0)
    run.add("contrast", contrast, default: 0)
    run.add("saturation", saturation, default: 0)
    run.add("shift", translation, default: 0)
    run.add("erase", erasing, default: 0)
    run.add("erase_area", text(erasingScale), default: text(0.02...0.33))
    run.add("erase_ratio", text(erasingRatio), default: text(0.3...3.3))
  }
}
