public import Foundation

/// References alone, grouped by their image: what document frequencies are counted from.
public struct ReferenceSet: Sendable {
  /// The references of each image, in the order in which the images come in the file.
  public let references: [[String]]
  /// What was skipped, and why.
  public let skipped: [SkippedItem]
  /// What a reader of the counts should know of the file.
  public let warnings: [String]

  /// Reads a file of references in any layout that ``CaptionDataset`` takes.
  ///
  /// - Parameters:
  ///   - selection: which columns and splits are read.
  ///   - keepGoing: whether items with something wrong are skipped and listed.
  /// - Throws: ``DatasetError``.
  public init(
    contentsOf url: URL, selection: CaptionSelection = CaptionSelection(), keepGoing: Bool = false
  ) throws {
    let file = try TextFile(contentsOf: url)
    let captions = try CaptionGroups(file, selection: selection, keepGoing: keepGoing)
    guard !captions.groups.isEmpty else { throw DatasetError.noCandidates(file: file.name) }
    references = captions.groups.map(\.captions)
    (skipped, warnings) = (captions.skipped, captions.warnings)
  }
}
