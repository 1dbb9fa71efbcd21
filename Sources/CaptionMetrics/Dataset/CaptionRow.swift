/// What a row of a file of captions says.
struct CaptionRow {
  /// What the row is called.
  var id: String
  /// The name of its picture, where a column holds it.
  var picture: String?
  /// The caption to be scored; `nil` in a file of references.
  var candidate: String?
  /// What people wrote.
  var references: [String] = []
  /// Where it stands, counted from one.
  var line: Int
}

/// What a file of captions is read for.
enum CaptionFileRole {
  case candidates
  case references
}
