/// The fields of a JSON row that could matter, before it is settled which of them do.
struct JSONRowFields {
  typealias Field = (rank: Int, key: String, field: JSONField)

  let file: String
  let line: Int
  /// The id, where it is known already: the key of a map.
  let id: String?
  /// What the row is called where it has no id and needs none.
  var number = 0
  var identifiers: [Field] = []
  var images: [Field] = []
  var captions: [Field] = []
  var references: [Field] = []
  var split: String?
  /// All keys of the row, for messages.
  var keys: [String] = []

  /// Where the field of a key stands in its list.
  private var places: [String: Int] = [:]

  init(file: String, line: Int, id: String?) {
    self.file = file
    self.line = line
    self.id = id
  }

  /// Takes a field in. Of two with the same key the later one counts, as in Python's `json`.
  mutating func take(_ field: JSONField, key: String, rank: Int, as list: WritableKeyPath<Self, [Field]>) {
    if let place = places[key] {
      self[keyPath: list][place].field = field
    } else {
      places[key] = self[keyPath: list].count
      self[keyPath: list].append((rank, key, field))
    }
  }

  /// The row, or what is wrong with it.
  func row(for role: CaptionFileRole, selection: CaptionSelection) -> Result<CaptionRow, DatasetError> {
    do throws(DatasetError) {
      for (wanted, option) in [
        (selection.column, selection.columnOption), (selection.idColumn, selection.idColumnOption),
      ] {
        guard id == nil, let wanted else { continue }
        guard keys.contains(wanted) else {
          throw .noColumn(file: file, line: line, column: wanted, found: keys, option: option)
        }
      }
      let known = try identifier(isNeeded: role != .texts, option: selection.idColumnOption)
      var row = CaptionRow(id: known ?? "\(number)", hasID: known != nil, split: split, line: line)
      if let image = images.min(by: { $0.rank < $1.rank })?.field.identifier { row.image = image }
      switch role {
      case .candidates:
        row.candidate = try candidate(id: row.id, option: selection.columnOption)
        for reference in references { try add(reference, to: &row) }
      case .references, .texts:
        let best = captions.map(\.rank).min()
        let named = captions.filter { $0.rank == best }
        // What is read for its captions has references only where there are no captions of its own.
        let isNamed = selection.column != nil || role == .texts
        let sources = references.isEmpty || (isNamed && !named.isEmpty) ? named : references
        guard !sources.isEmpty else { throw missing(ColumnRole.captionText, selection.columnOption) }
        for source in sources { try add(source, to: &row) }
        row.holdsAllReferences = sources.contains { $0.key == "reference_strs" }
      }
      return .success(row)
    } catch {
      return .failure(error)
    }
  }

  private func identifier(isNeeded: Bool, option: String?) throws(DatasetError) -> String? {
    if let id { return id }
    let choices = identifiers.isEmpty ? images : identifiers
    guard let best = choices.min(by: { $0.rank < $1.rank }) else {
      guard isNeeded else { return nil }
      throw missing(ColumnRole.identifierText, option)
    }
    guard let id = best.field.identifier else {
      throw wrongType(best, id: nil, expected: "a string or a whole number")
    }
    return id
  }

  private func candidate(id: String, option: String?) throws(DatasetError) -> String {
    guard let best = captions.min(by: { $0.rank < $1.rank }) else {
      throw missing(ColumnRole.captionText, option)
    }
    switch best.field {
    case .text(let text):
      if MissingCaption.found(inString: text) == nil { return text }
    case .list(let list, nil):
      guard list.count == 1, let text = list.first else {
        throw wrongType(best, id: id, expected: "one caption to score")
      }
      if MissingCaption.found(inString: text) == nil { return text }
    default: break
    }
    throw wrongType(best, id: id, expected: "a caption in quotes")
  }

  /// Adds the captions of a field; those that are missing are faults of the row.
  private func add(_ source: Field, to row: inout CaptionRow) throws(DatasetError) {
    let (texts, missing): ([String], String?) =
      switch source.field {
      case .text(let text): ([text], nil)
      case .list(let list, let missing): (list, missing)
      case .missing(let found): ([], found)
      case .integer, .other: throw wrongType(source, id: row.id, expected: "a string or a list of strings")
      }
    var faults = missing.map { [$0] } ?? []
    for text in texts {
      if let found = MissingCaption.found(inString: text) {
        faults.append(found)
      } else {
        row.references.append(text)
      }
    }
    for found in faults {
      row.faults.append(
        .wrongType(
          file: file, line: line, id: row.hasID ? row.id : nil, key: source.key,
          expected: "a caption in quotes",
          found: found))
    }
  }

  private func wrongType(_ field: Field, id: String?, expected: String) -> DatasetError {
    .wrongType(
      file: file, line: line, id: id, key: field.key, expected: expected,
      found: field.field.foundInPlaceOfCaption)
  }

  private func missing(_ what: String, _ option: String?) -> DatasetError {
    .missingColumn(file: file, line: line, expected: what, found: keys, option: option)
  }
}
