import CLIP
import Foundation
import Training

/// The data of one stage: items, what the teacher says of them, and how batches are made.
struct StageData {
  let set: TrainingSet
  let targets: TeacherTargets
  let order: EpochOrder
  let stage: DistillationRecipe.Stage
  private let recipe: DistillationRecipe
  private let images: ImagePlan?
  private let tokens: TokenizedTexts?

  /// - Parameter sets: the stage's data, opened.
  init(
    _ stage: DistillationRecipe.Stage, of recipe: DistillationRecipe, sets: [TrainingSet], model: Checkpoint,
    folder: RunFolder, group: ProcessGroup, progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    self.stage = stage
    self.recipe = recipe
    var set = TrainingSet.joined(sets)
    // A text tower alone learns from every caption.
    if stage.trains == .text, !stage.losses.comparesPairs { set = set.captionsAsItems() }
    guard set.count > 0 else {
      throw DistillationError.unusableStage(stage: stage.name, reason: "its data has no items")
    }
    self.set = set
    let (needsImages, needsTexts) = (stage.needsTeacherImages, stage.needsTeacherTexts)
    targets = try group.firstThenOthers {
      try TeacherTargets(
        recipe.teacher, for: set, in: folder.url.appendingPathComponent("teacher"), needsImages: needsImages,
        needsTexts: needsTexts, threads: recipe.threads, progress: progress)
    }
    order = try EpochOrder(
      itemCount: set.count, batchSize: min(stage.settings.batchSize, set.count), seed: recipe.seed)
    if stage.trains == .text {
      images = nil
    } else {
      var preprocessing = try ImagePreprocessing.of(model).preprocessing
      try preprocessing.check(imageSize: model.configuration.vision.imageSize)
      if let side = stage.imageSize { preprocessing = preprocessing.resized(to: side) }
      var plan = ImagePlan(preprocessing: preprocessing, augmentation: stage.augmentation)
      if recipe.imageCache > 0 {
        plan.cache = .memory(edge: recipe.cacheEdge, byteLimit: recipe.imageCache, for: set)
      }
      images = plan
    }
    tokens =
      stage.trains == .image
      ? nil
      : try TokenizedTexts(
        set, tokenizer: try CLIPTokenizer.load(from: model.source?.folder ?? recipe.output),
        contextLength: model.configuration.text.contextLength, threads: recipe.threads ?? 2)
  }

  /// Batches from a position on.
  func loader(from position: DataPosition, group: ProcessGroup) throws -> BatchLoader {
    var options = BatchLoader.Options(seed: recipe.seed)
    options.rank = group.rank
    options.worldSize = group.worldSize
    options.images = images
    options.tokens = tokens
    switch stage.captions {
    case .first: options.captions = .first
    case .inTurn: options.captions = .inTurn
    case .random, .all: options.captions = .random
    }
    options.maxSkippedFraction = recipe.maxSkippedFraction
    if let threads = recipe.threads { options.threads = threads }
    return try BatchLoader(set, order: order, options: options, from: position, epochs: stage.settings.epochs)
  }
}

extension DistillationRecipe.Source {
  /// Finds the items. Throws what the readers throw.
  func open(missingShare: Double) throws -> TrainingSet {
    switch layout {
    case .captions(let file, let images, let split, let excluding):
      try .captions(file, images: images, split: split, excluding: excluding, missingShare: missingShare)
    case .table(let file, let images): try .table(file, images: images, missingShare: missingShare)
    case .folders(let folder, let names): try .folders(folder, names: names)
    case .shards(let patterns): try .shards(patterns, relativeTo: nil)
    case .texts(let files, let column): try .texts(files, column: column)
    }
  }
}
