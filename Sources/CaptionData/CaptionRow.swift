/// What a row of a file of captions says.
package struct CaptionRow {
  /// What the row is called.
  package var id: String
  /// Whether the file gives the id; else it is the number of the row.
  var hasID = true
  /// The name of its image, where a column holds it.
  package var image: String?
  /// The caption to be scored; `nil` in a file of references.
  var candidate: String?
  /// What people wrote; in a file that is read for all its captions, those.
  package var references: [String] = []
  /// Whether the references are all that there are of the image, as in each row of TextCaps.
  var holdsAllReferences = false
  /// The split that its image is in, where the file divides its images.
  var split: String?
  /// References that are missing where one must be.
  var faults: [DatasetError] = []
  /// Where it stands, counted from one.
  var line: Int
}

/// What a file of captions is read for.
package enum CaptionFileRole {
  /// One caption an id, to be scored.
  case candidates
  /// Any number of captions an id, to score against.
  case references
  /// All captions, one by one; ids may be missing.
  case texts
}
