extension DatasetError {
  /// The id that the error is about, where there is one.
  package var id: String? {
    switch self {
    case .wrongType(_, _, let id, _, _, _): id
    case .duplicateID(_, _, let id, _), .noReferences(_, _, let id, _), .noImage(let id, _, _),
      .ambiguous(let id, _, _, _):
      id
    case .unreadable, .empty, .notText, .malformed,
      .missingColumn, .noColumn, .noSplit, .wrongElement, .noCandidates:
      nil
    }
  }
}

extension DatasetError {
  /// Whether the work can go on without the item that the error is about.
  package var isAboutOneItem: Bool { id != nil }
}
