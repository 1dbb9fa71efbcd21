import JSON

/// Reads a file of captions in any of the known layouts, which are told apart by content.
package struct CaptionFileReader {
  let file: TextFile
  let role: CaptionFileRole
  let selection: CaptionSelection
  let keepGoing: Bool
  let kind: FileKind
  /// The references' column or key in a file of candidates; nil to tell it from the names.
  var referenceColumn: String?
  /// The split that is taken where the file has it and none is chosen; nil for all.
  var defaultSplit: String?
  package var rows: [CaptionRow] = []
  var skipped: [SkippedItem] = []
  var lines = LineCounter()
  /// Whether the file was read as lines of text, of which a blank one is a text too.
  var isPlainText = false
  /// The captions of a file that was read as lines of text.
  var plainText: [CaptionList.Caption] = []
  /// The splits whose rows were kept, where the file has splits and not all were taken.
  private(set) var splits: [String]?
  /// All splits that the file has.
  private(set) var fileSplits: [String] = []

  package init(
    file: TextFile, role: CaptionFileRole, selection: CaptionSelection = CaptionSelection(), keepGoing: Bool
  ) {
    self.file = file
    self.role = role
    self.selection = selection
    self.keepGoing = keepGoing
    kind = FileKind(name: file.name)
  }

  /// Reads the whole file into ``rows``.
  ///
  /// - Throws: ``DatasetError``.
  package mutating func read() throws {
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    guard let start = file.bytes.firstIndex(where: { !blanks.contains($0) }) else {
      throw DatasetError.empty(file: file.name)
    }
    if case .plain = kind, role == .texts, !selection.namesColumns {
      try readLinesOrTable()
    } else {
      switch file.bytes[start] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if isJSONLines(from: start) { try readJSONLines() } else { try readJSONDocument() }
      case UInt8(ascii: "\"") where role == .texts && !isTable: try readJSONLines()
      default: if case .jsonLines = kind { try readJSONLines() } else { try readLinesOrTable() }
      }
    }
    try takeSplits()
  }

  private var isTable: Bool {
    switch kind {
    case .csv, .tsv: true
    default: selection.namesColumns || namesItsColumns
    }
  }

  /// What is no JSON: Flickr's captions, a table, or, where captions need no ids, lines of text.
  private mutating func readLinesOrTable() throws {
    if !selection.namesColumns, FlickrTokens.isLayout(of: file) { return try readFlickrTokens() }
    if role != .texts || isTable || startsWithImageName { return try readTable() }
    try readPlainText()
  }

  /// Ends the work with `error`, or leaves the row out.
  mutating func reject(_ error: DatasetError, id: String? = nil) throws {
    guard keepGoing else { throw error }
    skipped.append(SkippedItem(id: id ?? error.id, reason: error.description))
  }

  /// Takes a row in, or what is wrong with it.
  mutating func accept(_ row: Result<CaptionRow, DatasetError>) throws {
    switch row {
    case .success(let row):
      for fault in row.faults { try reject(fault, id: row.id) }
      rows.append(row)
    case .failure(let error): try reject(error)
    }
  }

  /// A syntax error as one for people.
  mutating func malformed(_ error: JSONSyntaxError) -> DatasetError {
    .malformed(
      file: file.name, line: lines.line(at: error.offset, in: file.bytes), problem: error.problem,
      remedy: "correct the JSON there")
  }

  /// Whether the first line is a JSON object and something follows, or it begins like one and the next line is one.
  private func isJSONLines(from start: Int) -> Bool {
    guard file.bytes[start] == UInt8(ascii: "{") else { return false }
    let firstEnd = file.bytes[start...].firstIndex(of: 0x0A)
    // A document that is merely called .jsonl has its first key on a line of its own.
    if case .jsonLines = kind, file.bytes[start..<(firstEnd ?? file.bytes.count)].count > 2 { return true }
    guard let lineBreak = firstEnd else { return false }
    var second = JSONScanner(file.bytes, in: lineBreak..<file.bytes.count, takesNonFinite: true)
    if second.isAtEnd() { return false }
    var first = JSONScanner(file.bytes, in: start..<lineBreak, takesNonFinite: true)
    if (try? first.skipValue()) != nil { return first.isAtEnd() }
    guard second.byte == UInt8(ascii: "{") else { return false }
    let secondEnd = file.bytes[second.at...].firstIndex(of: 0x0A) ?? file.bytes.count
    second = JSONScanner(file.bytes, in: second.at..<secondEnd, takesNonFinite: true)
    return (try? second.skipValue()) != nil && second.isAtEnd()
  }

  /// Takes away the rows of other splits than those that are wanted.
  private mutating func takeSplits() throws {
    guard selection.splits != nil || rows.contains(where: { $0.split != nil }) else { return }
    var found: [String] = []
    for row in rows {
      if let split = row.split, !found.contains(split) { found.append(split) }
    }
    fileSplits = found
    var wanted = selection.splits
    if wanted == nil, let usual = defaultSplit, found.contains(usual) { wanted = [usual] }
    guard let wanted else { return }
    if let stranger = wanted.first(where: { !found.contains($0) }) {
      throw DatasetError.noSplit(file: file.name, split: stranger, found: found)
    }
    rows.removeAll { row in row.split.map { !wanted.contains($0) } ?? true }
    splits = wanted
  }
}
