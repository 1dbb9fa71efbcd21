public import Foundation

/// Captions to be scored, with their references and images, in the order of the candidates' file.
///
/// ```swift
/// var dataset = try CaptionDataset(candidates: candidates, references: references)
/// try dataset.findImages(in: photos)
/// for item in dataset.items { print(item.id, item.candidate, item.references.count) }
/// ```
public struct CaptionDataset: Sendable {
  /// A caption to be scored.
  public struct Item: Sendable, Equatable {
    /// What the caption is called. Whole numbers and strings of the same digits are one id.
    public var id: String
    /// The caption.
    public var candidate: String
    /// What people wrote about the same image; empty where no references were given.
    public var references: [String]
    /// The name of the image, where the file tells it apart from the id.
    public var imageName: String?
    /// The image, once it was looked for.
    public var image: URL?
    /// The line of the candidates' file, counted from one.
    public var line: Int

    /// Creates an item.
    public init(
      id: String, candidate: String, references: [String] = [], imageName: String? = nil, image: URL? = nil,
      line: Int = 0
    ) {
      self.id = id
      self.candidate = candidate
      self.references = references
      self.imageName = imageName
      self.image = image
      self.line = line
    }
  }

  /// The candidates' file as the user named it.
  public let name: String
  /// The captions, in the order of the file.
  public private(set) var items: [Item]
  /// What was skipped, and why.
  public private(set) var skipped: [SkippedItem]
  /// What a reader of the scores should know of the files.
  public private(set) var warnings: [String] = []

  /// Reads candidates, and references where they stand in a file of their own.
  ///
  /// The layout of each file is told from its content: `{id: caption}`, `{id: [captions]}`, COCO results, COCO
  /// annotations, Karpathy's splits, TextCaps, JSON lines, CSV and TSV, or Flickr's `name.jpg#0<tab>caption`, each
  /// compressed with gzip or not. Candidates lead: references of other ids are passed over. Without `references`, those
  /// that stand in the candidates' file are taken.
  ///
  /// Where the references' file tells the name of an image and the candidates' does not, that name is taken.
  ///
  /// - Parameters:
  ///   - candidates: one caption an id.
  ///   - references: any number of captions an id.
  ///   - selection: which columns of the candidates are read.
  ///   - referenceSelection: which columns and splits of the references are read. Without a file of references, its
  ///     column is the references' column in the candidates' file.
  ///   - keepGoing: whether items with something wrong are skipped and listed.
  /// - Throws: ``DatasetError``.
  public init(
    candidates: URL, references: URL? = nil, selection: CaptionSelection = CaptionSelection(),
    referenceSelection: CaptionSelection = CaptionSelection(), keepGoing: Bool = false
  ) throws {
    try self.init(
      candidates: TextFile(contentsOf: candidates),
      references: references.map { try TextFile(contentsOf: $0) }, selection: selection,
      referenceSelection: referenceSelection, keepGoing: keepGoing)
  }

  package init(
    candidates: TextFile, references: TextFile? = nil, selection: CaptionSelection = CaptionSelection(),
    referenceSelection: CaptionSelection = CaptionSelection(), keepGoing: Bool = false
  ) throws {
    name = candidates.name
    var reader = CaptionFileReader(
      file: candidates, role: .candidates, selection: selection, keepGoing: keepGoing)
    if references == nil { reader.referenceColumn = referenceSelection.column }
    try reader.read()
    (items, skipped) = try Self.gather(&reader)
    if let references {
      var reader = CaptionFileReader(
        file: references, role: .references, selection: referenceSelection, keepGoing: keepGoing)
      try reader.read()
      skipped += reader.skipped
      try attach(ReferenceTable(file: references.name, rows: reader.rows), keepGoing: keepGoing)
    }
    guard !items.isEmpty else { throw DatasetError.noCandidates(file: name) }
    warnings =
      SingleWords(items.lazy.map(\.references)).warning(file: references?.name ?? name).map { [$0] } ?? []
  }

  /// Creates a dataset of captions in memory.
  package init(name: String, items: [Item]) {
    self.name = name
    self.items = items
    skipped = []
  }

  /// Rows as items: rows of one id and one candidate are one item with the references of all.
  private static func gather(_ reader: inout CaptionFileReader) throws -> ([Item], [SkippedItem]) {
    let file = reader.file.name
    var items: [Item] = []
    items.reserveCapacity(reader.rows.count)
    var indices: [String: Int] = [:]
    indices.reserveCapacity(reader.rows.count)
    for row in reader.rows {
      guard let candidate = row.candidate else { continue }
      guard let index = indices[row.id] else {
        indices[row.id] = items.count
        items.append(
          Item(
            id: row.id, candidate: candidate, references: row.references, imageName: row.image,
            line: row.line))
        continue
      }
      if !row.references.isEmpty, items[index].candidate == candidate {
        items[index].references += row.references
      } else {
        try reader.reject(
          .duplicateID(file: file, line: row.line, id: row.id, firstLine: items[index].line), id: row.id)
      }
    }
    return (items, reader.skipped)
  }

  /// Gives every item its references.
  private mutating func attach(_ table: ReferenceTable, keepGoing: Bool) throws {
    let file = name
    let matches = table.matches(for: items)
    try keep(keepGoing: keepGoing) { index, item in
      switch matches[index] {
      case .references(let references, let image) where !references.isEmpty:
        item.references = references
        // NoCaps and its like: ids are numbers, and the name of the image stands with the references alone.
        item.imageName = item.imageName ?? image
      case .references, .none:
        throw DatasetError.noReferences(file: file, line: item.line, id: item.id, references: table.file)
      case .several(let names):
        throw DatasetError.ambiguous(id: item.id, place: table.file, what: "entries", matches: names)
      }
    }
  }

  /// Finds every item's image.
  ///
  /// - Parameter keepGoing: whether items without an image are skipped and listed.
  /// - Throws: ``DatasetError``.
  public mutating func findImages(in folder: URL, keepGoing: Bool = false) throws {
    var folder = try ImageFolder(folder)
    try keep(keepGoing: keepGoing) { _, item in
      item.image = try folder.image(named: item.imageName, id: item.id)
    }
    guard !items.isEmpty else { throw DatasetError.noCandidates(file: name) }
  }

  /// Checks that every item has a reference, for metrics that cannot do without.
  ///
  /// - Parameter keepGoing: whether items without references are skipped and listed.
  /// - Throws: ``DatasetError``.
  public mutating func requireReferences(keepGoing: Bool = false) throws {
    let file = name
    try keep(keepGoing: keepGoing) { _, item in
      guard item.references.isEmpty else { return }
      throw DatasetError.noReferences(file: file, line: item.line, id: item.id, references: file)
    }
    guard !items.isEmpty else { throw DatasetError.noCandidates(file: name) }
  }

  /// Calls `body` with every item; those that it throws for end the work or are skipped.
  private mutating func keep(keepGoing: Bool, _ body: (Int, inout Item) throws -> Void) throws {
    var kept: [Item] = []
    kept.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
      var item = item
      do {
        try body(index, &item)
        kept.append(item)
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        skipped.append(SkippedItem(id: item.id, reason: error.description))
      }
    }
    items = kept
  }
}
