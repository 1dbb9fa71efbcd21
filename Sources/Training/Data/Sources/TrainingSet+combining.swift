extension TrainingSet {
  /// The items of several sets, one set after the other, with the captions in the same order.
  ///
  /// Classes keep their names and get new numbers where several sets have classes.
  public static func joined(_ sets: [TrainingSet]) -> TrainingSet {
    guard sets.count != 1 else { return sets[0] }
    var result = TrainingSet(name: sets.map(\.name).joined(separator: ", "))
    for set in sets {
      let firstText = result.texts.count
      let firstPath = result.paths.count
      let firstShard = Int32(result.shards.count)
      let firstName = Int32(clamping: result.entryNames.count)
      let firstHeld = result.heldImages.count
      let firstClass = Int32(result.classNames.count)
      if !set.labels.isEmpty || !result.labels.isEmpty {
        while result.labels.count < result.count { result.labels.append(-1) }
        for item in 0..<set.count {
          let label = item < set.labels.count ? set.labels[item] : -1
          result.labels.append(label < 0 ? -1 : label + firstClass)
        }
      }
      result.ids.append(contentsOf: set.ids)
      result.texts.append(contentsOf: set.texts)
      result.paths.append(contentsOf: set.paths)
      result.entryNames.append(contentsOf: set.entryNames)
      result.shards += set.shards
      result.heldImages += set.heldImages
      result.classNames += set.classNames
      result.skipped += set.skipped
      result.rows += set.rows.lazy.map { $0.lowerBound + firstText..<$0.upperBound + firstText }
      result.places += set.places.lazy.map { place in
        switch place {
        case .none: .none
        case .path(let row): .path(row + firstPath)
        case .entry(let shard, let name, let offset, let size):
          .entry(shard: shard + firstShard, name: name + firstName, offset: offset, size: size)
        case .memory(let shard, let name, let row):
          .memory(shard: shard + firstShard, name: name + firstName, row: row + firstHeld)
        }
      }
    }
    return result
  }

  /// The items that `keep` says yes to. The captions keep their rows, those of the others too.
  public func filtered(_ keep: (_ item: Int) -> Bool) -> TrainingSet {
    var result = self
    result.ids = PackedTexts()
    result.places = []
    result.rows = []
    result.labels = []
    for item in 0..<count where keep(item) {
      result.append(id: id(item), place: places[item], rows: rows[item], label: label(item))
    }
    return result
  }

  /// Every caption as an item without an image, in their order: training data for a text tower alone.
  public func captionsAsItems() -> TrainingSet {
    var result = TrainingSet(name: name)
    result.skipped = skipped
    result.texts = texts
    for row in 0..<texts.count { result.append(id: "\(row)", place: .none, rows: row..<row + 1) }
    return result
  }
}
