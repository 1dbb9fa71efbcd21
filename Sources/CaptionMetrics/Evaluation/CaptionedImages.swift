public import Foundation

/// Images with all their captions, for retrieval.
public struct CaptionedImages: Sendable {
  /// An image and what people wrote about it.
  public struct Image: Sendable, Equatable {
    /// What the file of captions calls it.
    public var name: String
    /// The file.
    public var image: URL
    /// Its captions, in their order.
    public var captions: [String]
  }

  /// The file of captions as the user named it.
  public let name: String
  /// The images, in the order in which the file first names them.
  public private(set) var images: [Image]
  /// What was skipped, and why.
  public private(set) var skipped: [SkippedItem]

  /// The splits that were taken, where the file of captions has splits and not all were.
  public let splits: [String]?
  /// All splits that the file of captions has.
  public let fileSplits: [String]
  /// What a reader of the numbers should know of the captions.
  public let warnings: [String]

  /// Reads captions in any layout that ``CaptionDataset`` takes, any number an image, and finds their images in a folder.
  ///
  /// - Parameters:
  ///   - selection: which columns and splits are read.
  ///   - defaultSplit: the split that is taken where the file has it and `selection` chooses none.
  ///   - keepGoing: whether what cannot be read, and images that are not there, are skipped and listed.
  /// - Throws: ``DatasetError``.
  public init(
    contentsOf url: URL, images folder: URL, selection: CaptionSelection = CaptionSelection(),
    defaultSplit: String? = nil, keepGoing: Bool = false
  ) throws {
    let file = try TextFile(contentsOf: url)
    name = file.name
    let captions = try CaptionGroups(
      file, selection: selection, defaultSplit: defaultSplit, keepGoing: keepGoing)
    (splits, fileSplits) = (captions.splits, captions.fileSplits)
    (skipped, warnings) = (captions.skipped, captions.warnings)
    var folder = try ImageFolder(folder)
    images = []
    for group in captions.groups {
      do {
        let image = try folder.image(named: group.name, id: group.id)
        images.append(Image(name: group.name, image: image, captions: group.captions))
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        skipped.append(SkippedItem(id: group.name, reason: error.description))
      }
    }
    guard !images.isEmpty else { throw DatasetError.noCandidates(file: name) }
  }

  /// Embeddings of images and captions, with what belongs together.
  public struct Embedded: Sendable {
    /// A row an image.
    public var images: Embeddings
    /// A row a caption.
    public var texts: Embeddings
    /// Which belong together.
    public var pairs: RetrievalPairs
    /// How many captions were cut to the model's context.
    public var truncated: Int
    /// What could not be embedded, and why.
    public var skipped: [SkippedItem]
  }

  /// Embeds the captions, exactly as they are, and the images.
  ///
  /// - Parameter keepGoing: whether what cannot be embedded is skipped and listed; an image takes its captions with it.
  public func embedded(
    by embedder: some ImageTextEmbedder, keepGoing: Bool = false, progress: CLIPScorer.Progress? = nil
  ) throws -> Embedded {
    let captions = images.flatMap(\.captions)
    // Texts first: they are quick, and what is wrong with them is known before the images are decoded.
    let texts = try embedder.embedTexts(captions, keepGoing: keepGoing) { progress?(.texts, $0, $1) }
    let embedded = try embedder.embedImages(at: images.map(\.image), keepGoing: keepGoing) {
      progress?(.images, $0, $1)
    }
    var skipped: [SkippedItem] = []
    var (imageRows, textRows, imageOfText): ([Int], [Int], [Int]) = ([], [], [])
    var text = 0
    for (index, image) in images.enumerated() {
      let range = text..<text + image.captions.count
      text = range.upperBound
      if let failure = embedded.failures[index] {
        skipped.append(SkippedItem(id: image.name, reason: sentence(for: failure)))
        continue
      }
      for row in range {
        if let failure = texts.failures[row] {
          skipped.append(SkippedItem(id: image.name, reason: sentence(for: failure)))
        } else {
          textRows.append(row)
          imageOfText.append(imageRows.count)
        }
      }
      imageRows.append(index)
    }
    return Embedded(
      images: try embedded.embeddings.rows(imageRows), texts: try texts.embeddings.rows(textRows),
      pairs: RetrievalPairs(imageRowOfText: imageOfText, imageCount: imageRows.count),
      truncated: texts.truncated.count, skipped: skipped)
  }
}

extension Embeddings {
  /// Some rows, in the order given.
  ///
  /// - Throws: ``EvaluationError/noSuchRow(name:row:)`` where one is not there.
  func rows(_ rows: [Int]) throws -> Embeddings {
    if rows.elementsEqual(0..<count) { return self }
    if let stranger = rows.first(where: { !(0..<count).contains($0) }) {
      throw EvaluationError.noSuchRow(name: "the table of \(count) embeddings", row: stranger)
    }
    var rowsOnly = Embeddings(count: rows.count, dimension: dimension)
    rowsOnly.withMutableValues { values in
      for (place, row) in rows.enumerated() {
        for (column, value) in self[row].enumerated() { values[place * dimension + column] = value }
      }
    }
    return rowsOnly
  }
}
