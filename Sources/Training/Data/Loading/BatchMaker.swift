import Foundation

/// Makes the rows of a batch; a value that all threads share.
struct BatchMaker: Sendable {
  let set: TrainingSet
  let order: EpochOrder
  let options: BatchLoader.Options
  let renderer: ImageRenderer?
  let unreadable: UnreadableImages

  init(_ set: TrainingSet, order: EpochOrder, options: BatchLoader.Options) throws {
    self.set = set
    self.order = order
    self.options = options
    guard order.itemCount == set.count else {
      throw DataError.badOption(
        name: "the order", expected: "one of \(set.count) items", found: "\(order.itemCount)")
    }
    guard options.worldSize >= 1, (0..<options.worldSize).contains(options.rank) else {
      throw DataError.badOption(
        name: "the rank", expected: "0 to \(options.worldSize - 1)", found: "\(options.rank)")
    }
    guard order.batchSize % options.worldSize == 0 else {
      throw DataError.unevenShares(batchSize: order.batchSize, processes: options.worldSize)
    }
    guard options.maxSkippedFraction >= 0, options.maxSkippedFraction <= 1 else {
      throw DataError.badOption(
        name: "the share of skipped images", expected: "0 to 1", found: "\(options.maxSkippedFraction)")
    }
    if let tokens = options.tokens, tokens.count != set.captionCount {
      throw DataError.badOption(
        name: "the tokens", expected: "those of \(set.captionCount) captions", found: "\(tokens.count)")
    }
    if let cache = options.images?.cache, !cache.belongs(to: set) {
      throw DataError.badOption(
        name: "the cache", expected: "one made for these \(set.count) items", found: "one for others")
    }
    if options.images != nil, let item = set.firstWithoutImage {
      throw DataError.noImage(source: set.name, id: set.id(item))
    }
    renderer = try options.images.map { try ImageRenderer($0) }
    unreadable = UnreadableImages(of: set, share: options.maxSkippedFraction)
  }

  /// What became of one row.
  struct Row: Sendable {
    var item: Int
    var caption: Int
  }

  /// Makes the row for a place in the epoch's order, and writes its image.
  func row(at place: Int, of epoch: EpochOrder.Epoch, to output: UnsafeMutablePointer<Float>?) throws -> Row {
    guard let renderer, let output else { return row(Int(epoch.items[place]), epoch.number) }
    var isAnyBroken = false
    for attempt in 0..<64 {
      let item = Int(epoch.items[replacement(attempt, of: place)])
      guard let location = set.image(item) else { continue }
      var random = DataRandom(seed: options.seed, epoch: epoch.number, item: item, purpose: .image)
      do {
        try renderer.render(location, item: item, random: &random, to: output)
        unreadable.noteGood()
        return row(item, epoch.number)
      } catch {
        isAnyBroken = true
        try unreadable.note(item, error)
      }
    }
    throw isAnyBroken
      ? unreadable.noneStandsIn() : DataError.noImage(source: set.name, id: set.id(Int(epoch.items[place])))
  }

  private func row(_ item: Int, _ epoch: Int) -> Row {
    let rows = set.captionRows(item)
    let row = options.captions.row(of: rows, item: item, epoch: epoch, seed: options.seed)
    return Row(item: item, caption: row ?? -1)
  }

  /// The place that stands in at the given attempt: as many global batches later, around the end of the order; one
  /// later each time it came around.
  func replacement(_ attempt: Int, of place: Int) -> Int {
    let step = attempt * order.batchSize
    return (place + step + step / order.itemCount) % order.itemCount
  }
}
