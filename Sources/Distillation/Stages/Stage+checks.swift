import CLIP
import Training

extension DistillationRecipe {
  /// Finds what cannot be trained before anything is. Throws ``DistillationError``, and what opening a teacher throws.
  ///
  /// - Parameter model: the student's configuration.
  func validate(_ model: CLIPConfiguration, worldSize: Int) throws {
    for stage in stages {
      try stage.validate(model, teacher, worldSize: worldSize)
      _ = try stage.trained(among: model.parameterShapes.map(\.name))
      let side = stage.imageSize ?? model.vision.imageSize
      guard stage.trains == .text || imageCache == 0 || cacheEdge >= side else {
        throw DistillationError.unusableStage(
          stage: stage.name,
          reason:
            "its images of \(side) pixels would be scaled up from the cache's \(cacheEdge); set "
            + "`image_cache.edge` to \(side) or more")
      }
    }
    for name in teacher.models {
      let width = try Checkpoint.open(at: ModelLocator.resolve(name)).configuration.embeddingWidth
      guard width == model.embeddingWidth else {
        throw DistillationError.widthsDiffer(
          what: "the embeddings of \(name)", student: model.embeddingWidth, teacher: width)
      }
    }
  }
}

extension DistillationRecipe.Stage {
  /// Where the batch norms of the image tower have their statistics from.
  var batchNorm: BatchNormStatistics {
    trains == .text || freezesBatchNormStatistics ? .running : .batch(exceptFor: frozen)
  }

  /// What the learning rate of a parameter is multiplied with.
  @Sendable func learningRateFactor(of parameter: String) -> Double {
    let longest = learningRateFactors.keys.filter(parameter.hasPrefix).max { $0.count < $1.count }
    return longest.flatMap { learningRateFactors[$0] } ?? 1
  }

  /// Whether the teacher's image embeddings are compared with, or stand in for a tower that is not trained.
  var needsTeacherImages: Bool {
    losses.imageL1 > 0 || losses.imageCosine > 0 || losses.similarityRegulator > 0 || losses.softLabels > 0
      || (trains == .text && losses.comparesPairs)
  }

  /// The same of texts.
  var needsTeacherTexts: Bool {
    losses.textL1 > 0 || losses.textCosine > 0 || losses.similarityRegulator > 0 || losses.softLabels > 0
      || losses.softTargets > 0 || (trains == .image && losses.comparesPairs)
  }

  /// Which of a model's parameters the stage moves. Throws ``DistillationError``.
  func trained(among names: [String]) throws -> Set<String> {
    let trained = names.filter { parameter in
      if frozen.contains(where: parameter.hasPrefix) { return false }
      if StemNames.isStatistic(parameter) { return batchNorm.takesBatch(parameter) }
      if parameter == "logit_scale" { return losses.contrastive > 0 || losses.softLabels > 0 }
      switch trains {
      case .image: return parameter.hasPrefix("vis")
      case .text: return parameter.hasPrefix("text")
      case .both: return true
      }
    }
    for (key, prefix) in frozen.map({ ("freeze", $0) })
      + learningRateFactors.keys.sorted().map({ ("learning_rate_factors", $0) })
    where !names.contains(where: { $0.hasPrefix(prefix) }) {
      throw DistillationError.unusableStage(
        stage: name, reason: "`\(key)` names \(prefix), which begins no parameter of the model")
    }
    guard !trained.isEmpty else {
      throw DistillationError.unusableStage(stage: name, reason: "everything is frozen")
    }
    return Set(trained)
  }

  /// Finds what cannot be trained before anything is: a last stage should not fail after days. Throws
  /// ``DistillationError``.
  func validate(_ model: CLIPConfiguration, _ teacher: DistillationRecipe.Teacher, worldSize: Int) throws {
    func refuse(_ reason: String) -> DistillationError { .unusableStage(stage: name, reason: reason) }
    if captions == .all {
      guard trains == .image else {
        throw refuse("`captions: all` is for stages that train the image tower alone")
      }
      guard worldSize == 1 else {
        throw refuse("`captions: all` is for one process; use `random` with several")
      }
    }
    if worldSize > 1,
      let norm = model.parameterShapes.map(\.name).first(where: {
        StemNames.isStatistic($0) && batchNorm.takesBatch($0)
      })
    {
      throw refuse(
        "batch norms (\(norm)) take their statistics from whole batches; train with one process, or set freeze_bn_stats: true"
      )
    }
    guard settings.batchSize % worldSize == 0 else {
      throw refuse("a batch of \(settings.batchSize) cannot be divided among \(worldSize) processes")
    }
    if needsTeacherImages, !teacher.hasImages {
      throw DistillationError.missingTeacher(stage: name, what: "a teacher's image embeddings")
    }
    if needsTeacherTexts, !teacher.hasTexts {
      throw DistillationError.missingTeacher(stage: name, what: "a teacher's text embeddings")
    }
    if losses.comparesLayers, teacher.models.count != 1 {
      throw DistillationError.missingTeacher(stage: name, what: "the layers of one teacher")
    }
    let isMoved =
      trains == .image
      ? losses.imageL1 + losses.imageCosine > 0
      : trains == .text ? losses.textL1 + losses.textCosine > 0 : true
    guard isMoved || losses.comparesPairs || losses.comparesLayers else {
      throw refuse("none of its losses moves the \(trains.rawValue) tower")
    }
  }
}
