public import Foundation

/// References alone, grouped by their picture: what document frequencies are counted from.
public struct ReferenceSet: Sendable {
  /// The references of each picture, in the order in which the pictures come in the file.
  public let references: [[String]]
  /// What was left out, and why.
  public let leftOut: [LeftOut]

  /// Reads a file of references in any layout that ``CaptionDataset`` takes.
  ///
  /// - Parameter keepGoing: whether items with something wrong are left out and listed.
  /// - Throws: ``DatasetError``.
  public init(contentsOf url: URL, keepGoing: Bool = false) throws {
    var reader = CaptionFileReader(
      file: try TextFile(contentsOf: url), role: .references, keepGoing: keepGoing)
    try reader.read()
    var groups: [[String]] = []
    var indices: [String: Int] = [:]
    for row in reader.rows where !row.references.isEmpty {
      // A picture before an id, which beside a picture may be no more than the number of the row.
      let name = row.picture ?? row.id
      if let group = indices[name] {
        groups[group] += row.references
      } else {
        indices[name] = groups.count
        groups.append(row.references)
      }
    }
    guard !groups.isEmpty else { throw DatasetError.noCandidates(file: reader.file.name) }
    references = groups
    leftOut = reader.leftOut
  }
}
