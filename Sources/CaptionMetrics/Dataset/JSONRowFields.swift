/// The fields of a JSON row that could matter, before it is settled which of them do.
struct JSONRowFields {
  typealias Field = (rank: Int, key: String, field: JSONField)

  let file: String
  let line: Int
  /// The id, where it is known already: the key of a map.
  let id: String?
  var identifiers: [Field] = []
  var pictures: [Field] = []
  var captions: [Field] = []
  var references: [Field] = []
  /// All keys of the row, for messages.
  var keys: [String] = []

  init(file: String, line: Int, id: String?) {
    self.file = file
    self.line = line
    self.id = id
  }

  /// The row, or what is wrong with it.
  func row(for role: CaptionFileRole) -> Result<CaptionRow, DatasetError> {
    do throws(DatasetError) {
      var row = CaptionRow(id: try identifier(), line: line)
      if let picture = pictures.min(by: { $0.rank < $1.rank })?.field.identifier { row.picture = picture }
      switch role {
      case .candidates:
        row.candidate = try candidate(id: row.id)
        for reference in references { row.references += try texts(reference, id: row.id) }
      case .references:
        let best = captions.map(\.rank).min()
        let sources = references.isEmpty ? captions.filter { $0.rank == best } : references
        guard !sources.isEmpty else { throw missing(ColumnRole.captionText) }
        for source in sources { row.references += try texts(source, id: row.id) }
      }
      return .success(row)
    } catch {
      return .failure(error)
    }
  }

  private func identifier() throws(DatasetError) -> String {
    if let id { return id }
    let choices = identifiers.isEmpty ? pictures : identifiers
    guard let best = choices.min(by: { $0.rank < $1.rank }) else { throw missing(ColumnRole.identifierText) }
    guard let id = best.field.identifier else {
      throw wrongType(best, id: nil, expected: "a string or a whole number")
    }
    return id
  }

  private func candidate(id: String) throws(DatasetError) -> String {
    guard let best = captions.min(by: { $0.rank < $1.rank }) else { throw missing(ColumnRole.captionText) }
    switch best.field {
    case .text(let text): return text
    case .list(let list):
      guard list.count == 1, let text = list.first else {
        throw wrongType(best, id: id, expected: "one caption to score")
      }
      return text
    default: throw wrongType(best, id: id, expected: "a caption in quotes")
    }
  }

  private func texts(_ source: Field, id: String) throws(DatasetError) -> [String] {
    switch source.field {
    case .text(let text): return [text]
    case .list(let list): return list
    default: throw wrongType(source, id: id, expected: "a string or a list of strings")
    }
  }

  private func wrongType(_ field: Field, id: String?, expected: String) -> DatasetError {
    .wrongType(
      file: file, line: line, id: id, key: field.key, expected: expected, found: field.field.found)
  }

  private func missing(_ what: String) -> DatasetError {
    .missingColumn(file: file, line: line, expected: what, found: keys)
  }
}
