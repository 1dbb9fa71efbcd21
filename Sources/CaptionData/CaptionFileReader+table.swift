import Files
import JSON

extension CaptionFileReader {
  /// A CSV or TSV whose first line names the columns, or whose columns are numbered.
  mutating func readTable() throws {
    var (scanner, table) = try table()
    var fields: [DelimitedScanner.Field] = []
    while true {
      do {
        guard try scanner.next(&fields) else { return }
      } catch {
        try reject(malformed(error.problem, line: error.line))
        continue
      }
      if let problem = shapeProblem(fields, table, scanner) {
        try reject(malformed(problem, line: scanner.line))
        continue
      }
      do throws(DatasetError) {
        try accept(row: row(fields, table, scanner))
      } catch {
        try reject(error)
      }
    }
  }

  /// Takes a row in; what is missing in it is skipped, or ends the work.
  private mutating func accept(row: CaptionRow) throws(DatasetError) {
    for fault in row.faults {
      guard keepGoing else { throw fault }
      skipped.append(SkippedItem(id: row.id, reason: fault.description))
    }
    rows.append(row)
  }

  private func malformed(_ problem: String, line: Int) -> DatasetError {
    .malformed(
      file: file.name, line: line, problem: problem,
      remedy: "put texts that hold delimiters or quotes in quotes, quotes doubled, or use --keep-going")
  }

  /// What is wrong with the number of a record's fields; reference columns at the end may be missing.
  private func shapeProblem(
    _ fields: [DelimitedScanner.Field], _ table: CaptionTable, _ scanner: DelimitedScanner
  ) -> String? {
    if fields.count > table.names.count,
      fields[table.names.count...].contains(where: { !$0.range.isEmpty })
    {
      return "there are \(fields.count) columns where the first line "
        + "\(table.hasHeader ? "names" : "has") \(table.names.count)"
    }
    if fields.count <= table.lastNeeded {
      return "there are \(fields.count) columns where at least \(table.lastNeeded + 1) are needed"
    }
    return nil
  }

  private func row(
    _ fields: [DelimitedScanner.Field], _ table: CaptionTable, _ scanner: DelimitedScanner
  ) throws(DatasetError) -> CaptionRow {
    func text(_ index: Int) throws(DatasetError) -> String {
      guard index < fields.count else { return "" }
      if let text = scanner.text(fields[index]) { return text }
      throw .malformed(
        file: file.name, line: scanner.line, problem: "the column \"\(table.name(index))\" is not UTF-8",
        remedy: "convert the file with: iconv -f LATIN1 -t UTF-8, or leave the row out with --keep-going")
    }
    var row = CaptionRow(id: "\(scanner.line)", hasID: false, line: scanner.line)
    if let column = table.id {
      let id = try text(column).trimmed()
      if id.isEmpty || id == "NaN" || id == "nan" {
        throw .wrongType(
          file: file.name, line: scanner.line, id: nil, key: table.name(column), expected: "an id",
          found: id.isEmpty ? "empty" : id)
      }
      (row.id, row.hasID) = (id, true)
    }
    if let image = table.image {
      let name = try text(image).trimmed()
      row.image = name.isEmpty ? nil : name
    }
    if let split = table.split { row.split = try text(split).trimmed() }
    func missing(_ column: Int, _ found: String) -> DatasetError {
      .wrongType(
        file: file.name, line: scanner.line, id: row.hasID ? row.id : nil, key: table.name(column),
        expected: "a caption", found: found)
    }
    if let candidate = table.candidate {
      let caption = try text(candidate)
      if let found = MissingCaption.found(inCell: caption) { throw missing(candidate, found) }
      row.candidate = caption
    }
    for column in table.references {
      let reference = try text(column.index)
      if let found = MissingCaption.found(inCell: reference) {
        // Of several columns some may be empty: not all images have equally many captions.
        if table.candidate == nil, table.references.count == 1 { throw missing(column.index, found) }
        continue
      }
      if column.isList, reference.hasPrefix("[") {
        let (list, found) = try list(
          reference, id: row.id, key: table.name(column.index), line: scanner.line)
        row.references += list
        row.faults += found.map { [missing(column.index, $0)] } ?? []
      } else {
        row.references.append(reference)
      }
    }
    return row
  }

  /// A JSON list of strings within a field, without what is missing in it, and what that is.
  private func list(
    _ text: String, id: String, key: String, line: Int
  ) throws(DatasetError) -> (texts: [String], missing: String?) {
    var scanner = JSONScanner(Array(text.utf8), takesNonFinite: true)
    guard case .list(let list, var missing) = try? scanner.field(), scanner.isAtEnd() else {
      throw .wrongType(
        file: file.name, line: line, id: id, key: key, expected: "a reference or a JSON list of strings",
        found: "something that only begins like a list")
    }
    var texts: [String] = []
    for text in list {
      if let found = MissingCaption.found(inString: text) {
        missing = missing ?? found
      } else {
        texts.append(text)
      }
    }
    return (texts, missing)
  }
}
