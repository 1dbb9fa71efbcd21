/// Which captions of a file are read.
///
/// Without a choice, columns and keys are told from their names: `caption`, `text`, `image_id`, `file_name` and the like.
public struct CaptionSelection: Sendable, Equatable {
  /// The captions' column by its name or its number from 1, or their key in JSON rows; nil to tell it from the names.
  public var column: String?
  /// The ids' column or key; nil to tell it from the names.
  public var idColumn: String?
  /// The splits whose images are read, of a file that divides its images into splits; nil for all.
  public var splits: [String]?
  /// The option that names the captions' column, for messages; nil where there is none.
  public var columnOption: String? = "--column"
  /// The option that names the ids' column, for messages; nil where there is none.
  public var idColumnOption: String? = "--id-column"

  /// Creates a choice; without arguments, what names tell and all splits.
  public init(column: String? = nil, idColumn: String? = nil, splits: [String]? = nil) {
    self.column = column
    self.idColumn = idColumn
    self.splits = splits
  }

  /// Whether a column or key is named.
  var namesColumns: Bool { column != nil || idColumn != nil }

  /// What a column or key holds: what the choice says, and else what its name tells.
  func role(of name: String) -> ColumnRole? {
    if name == column { return .caption(rank: 0) }
    if name == idColumn { return .identifier(rank: 0) }
    let role = ColumnRole(named: name)
    switch role {
    case .caption: return column == nil ? role : nil
    case .identifier: return idColumn == nil ? role : nil
    case .image, .reference, .split, nil: return role
    }
  }
}
