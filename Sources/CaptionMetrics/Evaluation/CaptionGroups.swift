/// The captions of a file, gathered by picture.
struct CaptionGroups {
  /// A picture and what people wrote about it.
  struct Group {
    /// What the file calls the picture.
    var name: String
    /// Its id, which may be the name.
    var id: String
    /// Its captions, in their order.
    var captions: [String]
  }

  /// The pictures, in the order in which the file first names them.
  private(set) var groups: [Group] = []
  /// What was left out, and why.
  private(set) var leftOut: [LeftOut] = []

  /// Reads any layout that ``CaptionDataset`` takes, any number of captions a picture, and `Flickr8k.token.txt`.
  ///
  /// - Throws: ``DatasetError``.
  init(_ file: TextFile, keepGoing: Bool) throws {
    var rows: [CaptionRow]
    if let flickr = FlickrTokens.rows(of: file) {
      rows = flickr
    } else {
      var reader = CaptionFileReader(file: file, role: .references, keepGoing: keepGoing)
      try reader.read()
      (rows, leftOut) = (reader.rows, reader.leftOut)
    }
    var places: [String: Int] = [:]
    for row in rows where !row.references.isEmpty {
      // A picture before an id, which beside a picture may be no more than the number of the row.
      let name = row.picture ?? row.id
      let place = places[name] ?? groups.count
      if place == groups.count {
        places[name] = place
        groups.append(Group(name: name, id: row.id, captions: []))
      }
      groups[place].captions += row.references
    }
  }
}
