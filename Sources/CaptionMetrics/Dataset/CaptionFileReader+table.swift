import JSON

extension CaptionFileReader {
  /// Which columns of a table matter.
  private struct Columns {
    var id: Int
    var picture: Int?
    var candidate: Int?
    var references: [(index: Int, isList: Bool)] = []
    var names: [String]
  }

  /// A CSV or TSV whose first line names the columns; the delimiter is the one that makes sense of that line.
  mutating func readTable() throws {
    var (scanner, columns) = try readHeader()
    var fields: [DelimitedScanner.Field] = []
    while true {
      do {
        guard try scanner.next(&fields) else { return }
      } catch {
        try reject(malformed(error.problem, line: error.line))
        continue
      }
      if let problem = shapeProblem(fields, columns, scanner) {
        try reject(malformed(problem, line: scanner.line))
        continue
      }
      do throws(DatasetError) {
        rows.append(try row(fields, columns, scanner))
      } catch {
        try reject(error, id: error.id)
      }
    }
  }

  private func malformed(_ problem: String, line: Int) -> DatasetError {
    .malformed(
      file: file.name, line: line, problem: problem,
      remedy: "put texts that hold delimiters or quotes in quotes, quotes doubled, or use --keep-going")
  }

  private func readHeader() throws(DatasetError) -> (DelimitedScanner, Columns) {
    var best: (scanner: DelimitedScanner, names: [String])?
    for delimiter in [",", "\t", ";", "|"] as [Unicode.Scalar] {
      var scanner = DelimitedScanner(file.bytes, delimiter: UInt8(ascii: delimiter))
      var fields: [DelimitedScanner.Field] = []
      guard (try? scanner.next(&fields)) == true else { continue }
      let names = fields.compactMap { scanner.text($0)?.trimmed() }
      guard names.count == fields.count else {
        throw .notText(
          file: file.name, found: "in another encoding", remedy: "convert it with: iconv -f LATIN1 -t UTF-8")
      }
      if let columns = try? columns(names, line: scanner.line) { return (scanner, columns) }
      if names.count > best?.names.count ?? 0 { best = (scanner, names) }
    }
    guard let best else {
      throw .malformed(
        file: file.name, line: 1, problem: "the first line does not name columns",
        remedy: "begin the file with a line such as: id,caption")
    }
    return (best.scanner, try columns(best.names, line: best.scanner.line))
  }

  private func columns(_ names: [String], line: Int) throws(DatasetError) -> Columns {
    let roles = names.map { ColumnRole(named: $0) }
    func best(_ rank: (ColumnRole) -> Int?) -> Int? {
      roles.indices.compactMap { index in roles[index].flatMap(rank).map { (index, $0) } }
        .min { $0.1 < $1.1 }?.0
    }
    let identifier = best { if case .identifier(let rank) = $0 { rank } else { nil } }
    let picture = best { if case .picture(let rank) = $0 { rank } else { nil } }
    let caption = best { if case .caption(let rank) = $0 { rank } else { nil } }
    guard let id = identifier ?? picture else {
      throw .missingColumn(
        file: file.name, line: line, expected: ColumnRole.identifierText, found: names)
    }
    var columns = Columns(id: id, picture: picture, names: names)
    var references = roles.indices.filter { roles[$0] == .reference }
    switch role {
    case .candidates: columns.candidate = caption
    case .references:
      if references.isEmpty, let caption { references = roles.indices.filter { roles[$0] == roles[caption] } }
    }
    guard columns.candidate != nil || (role == .references && !references.isEmpty) else {
      throw .missingColumn(file: file.name, line: line, expected: ColumnRole.captionText, found: names)
    }
    columns.references = references.map { ($0, names[$0].lowercased().hasSuffix("s")) }
    return columns
  }

  /// What is wrong with the number of a record's fields; reference columns at the end may be missing.
  private func shapeProblem(
    _ fields: [DelimitedScanner.Field], _ columns: Columns, _ scanner: DelimitedScanner
  ) -> String? {
    let last = max(columns.id, columns.candidate ?? columns.references.first?.index ?? 0)
    if fields.count > columns.names.count,
      fields[columns.names.count...].contains(where: { !$0.range.isEmpty })
    {
      return "there are \(fields.count) columns where the first line names \(columns.names.count)"
    }
    if fields.count <= last {
      return "there are \(fields.count) columns where at least \(last + 1) are needed"
    }
    return nil
  }

  private func row(
    _ fields: [DelimitedScanner.Field], _ columns: Columns, _ scanner: DelimitedScanner
  ) throws(DatasetError) -> CaptionRow {
    func text(_ index: Int) throws(DatasetError) -> String {
      guard index < fields.count else { return "" }
      if let text = scanner.text(fields[index]) { return text }
      throw .malformed(
        file: file.name, line: scanner.line, problem: "the column \"\(columns.names[index])\" is not UTF-8",
        remedy: "convert the file with: iconv -f LATIN1 -t UTF-8, or leave the row out with --keep-going")
    }
    let id = try text(columns.id).trimmed()
    guard !id.isEmpty else {
      throw .wrongType(
        file: file.name, line: scanner.line, id: nil, key: columns.names[columns.id],
        expected: "an id", found: "empty")
    }
    var row = CaptionRow(id: id, line: scanner.line)
    if let picture = columns.picture {
      let name = try text(picture).trimmed()
      row.picture = name.isEmpty ? nil : name
    }
    if let candidate = columns.candidate { row.candidate = try text(candidate) }
    for column in columns.references {
      let reference = try text(column.index)
      if reference.isEmpty { continue }
      if column.isList, reference.hasPrefix("[") {
        row.references += try list(reference, id: id, key: columns.names[column.index], line: scanner.line)
      } else {
        row.references.append(reference)
      }
    }
    return row
  }

  /// A JSON list of strings within a field.
  private func list(_ text: String, id: String, key: String, line: Int) throws(DatasetError) -> [String] {
    var scanner = JSONScanner(Array(text.utf8))
    guard case .list(let list) = try? scanner.field(), scanner.isAtEnd() else {
      throw .wrongType(
        file: file.name, line: line, id: id, key: key, expected: "a reference or a JSON list of strings",
        found: "something that only begins like a list")
    }
    return list
  }
}
