/// The captions of a file, gathered by image.
package struct CaptionGroups {
  /// An image and what people wrote about it.
  package struct Group {
    /// What the file calls the image.
    package var name: String
    /// Its id, which may be the name.
    package var id: String
    /// Its captions, in their order.
    package var captions: [String]
  }

  /// The images, in the order in which the file first names them.
  package let groups: [Group]
  /// What was skipped, and why.
  package let skipped: [SkippedItem]

  /// The splits that were taken, where the file has splits and not all were.
  let splits: [String]?
  /// All splits that the file has.
  let fileSplits: [String]
  /// What a reader of the numbers should know of the file.
  package let warnings: [String]

  /// Reads any layout that ``CaptionDataset`` takes, any number of captions an image.
  ///
  /// - Parameters:
  ///   - defaultSplit: the split that is taken where the file has it and none is chosen.
  ///   - choice: how another split is chosen, for the warning that one was taken by default.
  /// - Throws: ``DatasetError``.
  package init(
    _ file: TextFile, selection: CaptionSelection = CaptionSelection(), defaultSplit: String? = nil,
    choice: String = "choose with --split", keepGoing: Bool
  ) throws {
    var reader = CaptionFileReader(file: file, role: .references, selection: selection, keepGoing: keepGoing)
    reader.defaultSplit = defaultSplit
    try reader.read()
    (splits, fileSplits, skipped) = (reader.splits, reader.fileSplits, reader.skipped)
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for row in reader.rows where !row.references.isEmpty {
      // An image before an id, which beside an image may be no more than the number of the row.
      let name = row.image ?? row.id
      let place = places[name] ?? groups.count
      if place == groups.count {
        places[name] = place
        groups.append(Group(name: name, id: row.id, captions: []))
      }
      groups[place].captions += row.references
    }
    self.groups = groups
    var warnings = SingleWords(groups.lazy.map(\.captions)).warning(file: file.name).map { [$0] } ?? []
    if selection.splits == nil, let taken = reader.splits, reader.fileSplits.count > taken.count {
      warnings.append(
        "\(file.name): of its splits \(reader.fileSplits.joined(separator: ", ")) only "
          + "\(taken.joined(separator: ", ")) is taken; \(choice)")
    }
    self.warnings = warnings
  }
}
