import CLIP
import Foundation
import Training

/// What a text tower is tuned on: captions with their paraphrases as tokens, and what the frozen image tower says of their
/// images.
struct ParaphraseData {
  let set: TrainingSet
  let order: EpochOrder
  /// The image embeddings, each once; nil where no loss needs them.
  let images: Embeddings?
  /// What must not be forgotten; nil where the recipe names none.
  let anchors: Anchors?
  /// The row of each item's image.
  private let imageRows: [Int]
  private let tokens: TokenizedTexts
  private let recipe: FineTuningRecipe

  init(
    _ recipe: FineTuningRecipe, model: Checkpoint, folder: RunFolder, group: ProcessGroup,
    progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    self.recipe = recipe
    let needsImages = recipe.losses.imageParaphrase > 0
    let set = try recipe.paraphraseSet()
    self.set = set
    order = try EpochOrder(
      itemCount: set.count, batchSize: min(recipe.settings.batchSize, set.count), seed: recipe.seed)
    guard order.batchSize % group.worldSize == 0 else {
      throw DataError.unevenShares(batchSize: order.batchSize, processes: group.worldSize)
    }
    let tokenizer = try CLIPTokenizer.load(from: model.source?.folder ?? recipe.output)
    let contextLength = model.configuration.text.contextLength
    tokens = try TokenizedTexts(
      set, tokenizer: tokenizer, contextLength: contextLength, threads: recipe.threads ?? 2)

    var urls: [URL] = []
    var rows: [URL: Int] = [:]
    imageRows = (0..<set.count).map { item in
      guard case .file(let url) = set.image(item) else { return -1 }
      if let row = rows[url] { return row }
      rows[url] = urls.count
      urls.append(url)
      return urls.count - 1
    }
    let imageURLs = urls
    let anchorFile = recipe.losses.anchor > 0 ? recipe.paraphrases.anchors : nil
    guard needsImages || anchorFile != nil else {
      images = nil
      anchors = nil
      return
    }
    let cache = folder.url.appendingPathComponent("cache")
    let embedder = try CLIPEmbedder(
      opening: ModelLocator.resolve(recipe.model), options: CLIPEmbedder.Options(threads: recipe.threads))
    let order = self.order
    (images, anchors) = try group.firstThenOthers {
      let images =
        needsImages
        ? try EmbeddingCache(of: embedder, in: cache, key: set.imageFingerprint)
          .embeddings(imageURLs.count, of: "images") { range in
            defer { progress("images", range.upperBound, imageURLs.count) }
            return try embedder.embedImages(at: Array(imageURLs[range])).embeddings
          } : nil
      let anchors = try anchorFile.map {
        try Anchors(
          $0, recipe, tokenizer: tokenizer, contextLength: contextLength, data: order, embedder: embedder,
          cache: cache, group: group, progress: progress)
      }
      return (images, anchors)
    }
  }

  /// What the objective sees of some items.
  func batch(of items: [Int]) -> ParaphraseBatch {
    let texts = tokens.batch((0..<3).flatMap { kind in items.map { set.captionRows($0).lowerBound + kind } })
    guard let images else {
      return ParaphraseBatch(count: items.count, texts: texts, images: [], hasImage: nil)
    }
    let places = items.map { imageRows[$0] }
    return ParaphraseBatch(
      count: items.count, texts: texts, images: images.values(of: places),
      hasImage: recipe.paraphrases.textOnly == nil ? nil : places.map { $0 < 0 ? 0 : 1 })
  }

  /// Batches from a position on.
  func loader(from position: DataPosition, group: ProcessGroup) throws -> BatchLoader {
    var options = BatchLoader.Options(seed: recipe.seed)
    options.rank = group.rank
    options.worldSize = group.worldSize
    options.captions = .first
    options.threads = 1
    return try BatchLoader(
      set, order: order, options: options, from: position, epochs: recipe.settings.epochs)
  }
}

extension FineTuningRecipe {
  /// The training data. Throws what `TrainingSet` throws.
  func paraphraseSet() throws -> TrainingSet {
    let shown = try TrainingSet.paraphrases(
      paraphrases.file, images: losses.imageParaphrase > 0 ? paraphrases.images : nil,
      split: paraphrases.split, missingShare: maxSkippedFraction)
    guard let textOnly = paraphrases.textOnly else { return shown }
    return try TrainingSet.joined([shown, TrainingSet.paraphrases(textOnly, images: nil)])
  }
}
