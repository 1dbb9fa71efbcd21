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

  /// Reads labels in the place of captions: those of the column that is chosen, else of a column that could be captions, else of `label`.
  ///
  /// - Throws: ``DatasetError``.
  public init(
    labelsOf url: URL, images folder: URL, selection: CaptionSelection = CaptionSelection(),
    keepGoing: Bool = false
  ) throws {
    do {
      try self.init(contentsOf: url, images: folder, selection: selection, keepGoing: keepGoing)
    } catch DatasetError.missingColumn where selection.column == nil {
      var selection = selection
      selection.column = "label"
      try self.init(contentsOf: url, images: folder, selection: selection, keepGoing: keepGoing)
    }
  }

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
}
