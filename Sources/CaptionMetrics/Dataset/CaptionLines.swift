/// Captions one by one, each with the name of its picture, from any layout that references may have: COCO
/// annotations, Flickr's `name.jpg#0<tab>caption`, tables and JSON with columns for ids and captions.
package struct CaptionLines: Sendable {
  /// A caption and where it stands.
  package struct Caption: Sendable, Equatable {
    /// The picture's name, or its id where it has no name.
    package var id: String
    /// What is said of it.
    package var text: String
    /// The line, counted from one.
    package var line: Int
  }

  /// The captions, in the order of the file.
  package let captions: [Caption]
  /// What was left out, and why.
  package let leftOut: [LeftOut]

  /// Reads a file.
  ///
  /// - Parameter keepGoing: whether what cannot be read is left out and listed.
  /// - Throws: ``DatasetError``.
  package init(_ file: TextFile, keepGoing: Bool = false) throws {
    var rows: [CaptionRow]
    if let flickr = FlickrTokens.rows(of: file) {
      (rows, leftOut) = (flickr, [])
    } else {
      var reader = CaptionFileReader(file: file, role: .references, keepGoing: keepGoing)
      try reader.read()
      (rows, leftOut) = (reader.rows, reader.leftOut)
    }
    captions = rows.flatMap { row in
      row.references.map { Caption(id: row.picture ?? row.id, text: $0, line: row.line) }
    }
  }
}
