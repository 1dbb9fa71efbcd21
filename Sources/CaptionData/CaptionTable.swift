import Files

/// Which columns of a table matter, and what divides them.
struct CaptionTable {
  var delimiter: UInt8
  /// Whether the first line names the columns; else it is a row.
  var hasHeader: Bool
  var id: Int?
  var image: Int?
  var split: Int?
  var candidate: Int?
  /// The columns of references, or of all captions, and whether a cell may hold a JSON list of them.
  var references: [(index: Int, isList: Bool)] = []
  /// The cells of the first line.
  var names: [String]

  /// The columns that every row must have.
  var lastNeeded: Int { max(id ?? 0, candidate ?? references.first?.index ?? 0) }

  /// What a column is called in messages.
  func name(_ index: Int) -> String {
    hasHeader && names.indices.contains(index) ? names[index] : "column \(index + 1)"
  }
}

extension CaptionFileReader {
  /// Finds out what the columns are; the delimiter is the one that makes sense of the first line.
  ///
  /// - Returns: The table, and a scanner that stands before its first row.
  func table() throws(DatasetError) -> (scanner: DelimitedScanner, table: CaptionTable) {
    var best: (columns: Int, error: DatasetError)?
    for delimiter in delimiters {
      var scanner = DelimitedScanner(file.bytes, delimiter: delimiter)
      let start = scanner
      var fields: [DelimitedScanner.Field] = []
      guard (try? scanner.next(&fields)) == true else { continue }
      let names = fields.compactMap { scanner.text($0)?.trimmed() }
      guard names.count == fields.count else {
        throw .notText(
          file: file.name, found: "in another encoding", remedy: "convert it with: iconv -f LATIN1 -t UTF-8")
      }
      do throws(DatasetError) {
        var table = try columns(names, line: scanner.line)
        table.delimiter = delimiter
        return (table.hasHeader ? scanner : start, table)
      } catch {
        if names.count > best?.columns ?? 0 { best = (names.count, error) }
      }
    }
    throw best?.error
      ?? .malformed(
        file: file.name, line: 1, problem: "the first line does not name columns",
        remedy: "begin the file with a line such as: id,caption")
  }

  /// Whether the first line names columns of ids and of captions: a text file of such a first line is a table.
  var namesItsColumns: Bool {
    delimiters.contains { delimiter in
      var scanner = DelimitedScanner(file.bytes, delimiter: delimiter)
      var fields: [DelimitedScanner.Field] = []
      guard (try? scanner.next(&fields)) == true, fields.count > 1, fields.count <= 64 else { return false }
      let roles = fields.map { scanner.text($0).flatMap { ColumnRole(named: $0.trimmed()) } }
      return roles.contains { $0?.isCaption == true } && roles.contains { $0?.isName == true }
    }
  }

  /// What may divide the columns, those that the first line holds before the others. A caption holds commas more often
  /// than tabs.
  private var delimiters: [UInt8] {
    let line = file.bytes.prefix { $0 != 0x0A && $0 != 0x0D }
    var order = ["\t", ",", ";", "|"].map { UInt8(ascii: $0 as Unicode.Scalar) }
    if case .csv = kind { order.swapAt(0, 1) }
    return order.filter(line.contains) + order.filter { !line.contains($0) }
  }

  private func columns(_ names: [String], line: Int) throws(DatasetError) -> CaptionTable {
    let roles = names.map { ColumnRole(named: $0) }
    func best(_ rank: (ColumnRole) -> Int?) -> Int? {
      roles.indices.compactMap { index in roles[index].flatMap(rank).map { (index, $0) } }
        .min { $0.1 < $1.1 }?.0
    }
    let named = (
      caption: best { if case .caption(let rank) = $0 { rank } else { nil } },
      id: best { if case .identifier(let rank) = $0 { rank } else { nil } },
      image: best { if case .image(let rank) = $0 { rank } else { nil } }
    )
    let wanted = (
      caption: try place(selection.column, selection.columnOption, names, line),
      id: try place(selection.idColumn, selection.idColumnOption, names, line),
      references: try place(referenceColumn, "--reference-column", names, line)
    )
    let isByName = [wanted.caption, wanted.id, wanted.references].contains { $0?.isByName == true }
    let isKnown =
      wanted.caption.map { roles[$0.index] != nil } ?? (named.caption != nil)
      || (roles.contains(.reference) && role != .candidates)
    // Columns that are given by number, over a first line that names them nevertheless.
    let hasHeader =
      isByName || isKnown || named.id != nil || named.image != nil
      || wanted.id.map { roles[$0.index] != nil } == true
    var table = CaptionTable(delimiter: 0, hasHeader: hasHeader, names: names)
    table.split = hasHeader ? roles.firstIndex(of: .split) : nil
    guard
      role == .texts || wanted.id != nil || named.id != nil || named.image != nil || wanted.caption != nil
    else {
      throw .missingColumn(
        file: file.name, line: line, expected: ColumnRole.identifierText, found: names,
        option: selection.idColumnOption)
    }
    try choose(
      captions: wanted.caption.map { [$0.index] }, best: named.caption, references: wanted.references?.index,
      roles: roles, line: line, in: &table)
    try chooseID(wanted.id?.index, best: named.id, image: named.image, line: line, in: &table)
    return table
  }

  /// The columns of the captions to score, of the references, or of all captions.
  private func choose(
    captions: [Int]?, best: Int?, references: Int?, roles: [ColumnRole?], line: Int,
    in table: inout CaptionTable
  ) throws(DatasetError) {
    let named = roles.indices.filter { roles[$0] == .reference }
    var sources: [Int] = []
    switch role {
    case .candidates:
      table.candidate = captions?.first ?? best
      sources = (references.map { [$0] } ?? named).filter { $0 != table.candidate }
    case .references, .texts:
      let all = best.map { best in roles.indices.filter { roles[$0] == roles[best] } } ?? []
      sources = captions ?? (named.isEmpty || (role == .texts && !all.isEmpty) ? all : named)
    }
    guard table.candidate != nil || (role != .candidates && !sources.isEmpty) else {
      throw .missingColumn(
        file: file.name, line: line, expected: ColumnRole.captionText, found: table.names,
        option: selection.columnOption)
    }
    table.references = sources.map {
      let name = table.names[$0].lowercased()
      return ($0, table.hasHeader && (name.hasSuffix("s") || name == "raw"))
    }
  }

  /// The columns of the ids and of the images' names.
  private func chooseID(
    _ wanted: Int?, best: Int?, image: Int?, line: Int, in table: inout CaptionTable
  ) throws(DatasetError) {
    let captions = Set(table.references.map(\.index) + (table.candidate.map { [$0] } ?? []))
    if table.hasHeader { table.image = image.flatMap { captions.contains($0) ? nil : $0 } }
    table.id = wanted ?? best ?? table.image
    if table.id == nil, !table.hasHeader, role != .texts {
      let images = table.names.indices.filter {
        NameIndex.stem(table.names[$0]) != nil && !captions.contains($0)
      }
      let others = table.names.indices.filter { !captions.contains($0) }
      // The one column that holds an image's name, or the only one that is left.
      table.id = images.count == 1 ? images.first : others.count == 1 ? others.first : nil
    }
    guard table.id != nil || role == .texts else {
      throw .missingColumn(
        file: file.name, line: line, expected: ColumnRole.identifierText, found: table.names,
        option: selection.idColumnOption)
    }
  }

  /// The place of a column that is named, or numbered from one.
  private func place(
    _ wanted: String?, _ option: String?, _ names: [String], _ line: Int
  ) throws(DatasetError) -> (index: Int, isByName: Bool)? {
    guard let wanted else { return nil }
    // A number is one even where a cell of the first line is that number.
    guard let number = Int(wanted) else {
      if let index = names.firstIndex(of: wanted) { return (index, true) }
      throw .noColumn(file: file.name, line: line, column: wanted, found: names, option: option)
    }
    guard (1...max(1, names.count)).contains(number) else {
      throw .malformed(
        file: file.name, line: line, problem: "there is no column \(number), only \(names.count)",
        remedy: "name another\(option.map { " with \($0)" } ?? "")")
    }
    return (number - 1, false)
  }
}
