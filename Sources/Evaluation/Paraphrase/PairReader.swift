import CaptionData
import Files
import JSON

/// Reads two columns of captions from JSON lines, a JSON list, a CSV or a TSV.
struct PairReader {
  let file: TextFile
  /// The columns' names.
  let query: String
  let paraphrase: String
  let keepGoing: Bool
  private(set) var pairs: [ParaphrasedQueries.Pair] = []
  private(set) var skipped: [SkippedItem] = []

  init(file: TextFile, query: String, paraphrase: String, keepGoing: Bool) {
    self.file = file
    self.query = query
    self.paraphrase = paraphrase
    self.keepGoing = keepGoing
  }

  /// What a file is.
  private enum Layout {
    case lines
    case list
    case table
  }

  private var layout: Layout {
    switch file.bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
    case UInt8(ascii: "["): .list
    case UInt8(ascii: "{"): .lines
    default: .table
    }
  }

  /// Whether the first record has both columns.
  var fits: Bool { names.map { $0.contains(query) && $0.contains(paraphrase) } ?? false }

  /// The columns of the first record; nil where it cannot be read.
  private var names: [String]? {
    switch layout {
    case .lines: return lineRanges.first { _ in true }.flatMap { try? keys(in: $0.range) }
    case .list:
      var scanner = JSONScanner(file.bytes, takesNonFinite: true)
      scanner.skipBlanks()
      var isFirst = true
      let isThere =
        (try? scanner.open("[")) != nil && (try? scanner.next(isFirst: &isFirst, closing: "]")) == true
      return isThere ? try? Self.keys(&scanner) : nil
    case .table: return header?.names
    }
  }

  /// Throws where no record of JSON can have a column: its name stands nowhere in the file.
  private func requireColumns() throws {
    guard layout != .table, let names else { return }
    for column in [query, paraphrase] where !names.contains(column) {
      guard file.bytes.firstRange(of: Array("\"\(column)\"".utf8)) == nil else { continue }
      throw EvaluationError.noColumn(file: file.name, column: column, found: names)
    }
  }

  /// Reads the whole file into ``pairs``.
  ///
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  mutating func read() throws {
    try requireColumns()
    switch layout {
    case .lines: try readLines()
    case .list: try readList()
    case .table: try readTable()
    }
    // Where some records name an image, those that name none are incomplete.
    guard pairs.contains(where: { $0.image != nil }) else { return }
    let all = pairs
    pairs = []
    for pair in all {
      if pair.image != nil {
        pairs.append(pair)
      } else {
        try reject(wrong("id", "an image", nil, pair.line))
      }
    }
  }

  /// Ends the work with `error`, or leaves the record out.
  private mutating func reject(_ error: DatasetError) throws {
    guard keepGoing else { throw error }
    skipped.append(SkippedItem(id: error.id, reason: error.description))
  }

  private func wrong(
    _ key: String, _ expected: String, _ found: String?, _ line: Int, id: String? = nil
  ) -> DatasetError {
    .wrongType(file: file.name, line: line, id: id, key: key, expected: expected, found: found ?? "nothing")
  }

  /// The lines that are not blank, with their numbers.
  private var lineRanges: some Sequence<(range: Range<Int>, line: Int)> {
    let bytes = file.bytes
    return sequence(state: (start: 0, line: 0)) { state -> (range: Range<Int>, line: Int)? in
      while state.start < bytes.count {
        let end = bytes[state.start...].firstIndex(of: 0x0A) ?? bytes.count
        let range = state.start..<end
        state = (end + 1, state.line + 1)
        if !bytes[range].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return (range, state.line) }
      }
      return nil
    }
  }

  private func keys(in range: Range<Int>) throws -> [String] {
    var scanner = JSONScanner(file.bytes, in: range, takesNonFinite: true)
    return try Self.keys(&scanner)
  }

  private static func keys(_ scanner: inout JSONScanner) throws -> [String] {
    var keys: [String] = []
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      keys.append(key)
      try scanner.skipValue()
    }
    return keys
  }

  private mutating func readLines() throws {
    for (range, line) in lineRanges {
      var scanner = JSONScanner(file.bytes, in: range, takesNonFinite: true)
      do {
        let record = try record(&scanner, line: line)
        try scanner.finish()
        try take(record)
      } catch let error as JSONSyntaxError {
        try reject(
          .malformed(
            file: file.name, line: line, problem: error.problem,
            remedy: "correct the line, or skip it with --keep-going"))
      }
    }
  }

  private mutating func readList() throws {
    var lines = LineCounter()
    var scanner = JSONScanner(file.bytes, takesNonFinite: true)
    do {
      try scanner.open("[")
      var isFirst = true
      while try scanner.next(isFirst: &isFirst, closing: "]") {
        try take(record(&scanner, line: lines.line(at: scanner.at, in: file.bytes)))
      }
      try scanner.finish()
    } catch let error as JSONSyntaxError {
      throw DatasetError.malformed(
        file: file.name, line: lines.line(at: error.offset, in: file.bytes), problem: error.problem,
        remedy: "correct the JSON there")
    }
  }

  private mutating func take(_ record: Result<ParaphrasedQueries.Pair, DatasetError>) throws {
    switch record {
    case .success(let pair): pairs.append(pair)
    case .failure(let error): try reject(error)
    }
  }

  private func record(
    _ scanner: inout JSONScanner, line: Int
  ) throws -> Result<ParaphrasedQueries.Pair, DatasetError> {
    var (first, second): (JSONField?, JSONField?)
    var name: (rank: Int, text: String?)?
    guard try scanner.kind() == .object else {
      try scanner.skipValue()
      return .failure(wrong("row", "an object with two captions", "something else", line))
    }
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      if key == query || key == paraphrase {
        let field = try scanner.field()
        if key == query { first = field }
        if key == paraphrase { second = field }
      } else if let rank = Self.rank(key), rank < name?.rank ?? .max {
        name = (rank, try scanner.field().identifier)
      } else {
        try scanner.skipValue()
      }
    }
    return pair(image: name?.text, first, second, line: line)
  }

  /// How well a column tells the image: one for images before one for ids.
  private static func rank(_ key: String) -> Int? {
    switch ColumnRole(named: key) {
    case .image(let rank): rank
    case .identifier(let rank): 100 + rank
    default: nil
    }
  }

  private func pair(
    image: String?, _ first: JSONField?, _ second: JSONField?, line: Int, isCell: Bool = false
  ) -> Result<ParaphrasedQueries.Pair, DatasetError> {
    var texts: [String] = []
    for (key, field) in [(query, first), (paraphrase, second)] {
      guard case .text(let text) = field else {
        return .failure(wrong(key, "a caption in quotes", field?.found, line, id: image))
      }
      let missing =
        isCell ? MissingCaption.found(inCell: text) : MissingCaption.found(inString: text)
      guard missing == nil else { return .failure(wrong(key, "a caption", missing, line, id: image)) }
      texts.append(text)
    }
    return .success(.init(image: image, query: texts[0], paraphrase: texts[1], line: line))
  }

  /// The first line of a table, whose delimiter is the one that gives the most columns with both names, if any.
  private var header: (scanner: DelimitedScanner, names: [String])? {
    var best: (scanner: DelimitedScanner, names: [String])?
    for delimiter in [",", "\t", ";", "|"] as [Unicode.Scalar] {
      var scanner = DelimitedScanner(file.bytes, delimiter: UInt8(ascii: delimiter))
      var fields: [DelimitedScanner.Field] = []
      guard (try? scanner.next(&fields)) == true else { continue }
      let names = fields.map { scanner.text($0)?.trimmed() ?? "" }
      if names.contains(query), names.contains(paraphrase) { return (scanner, names) }
      if names.count > best?.names.count ?? 0 { best = (scanner, names) }
    }
    return best
  }

  private mutating func readTable() throws {
    guard let (start, names) = header else { throw DatasetError.empty(file: file.name) }
    var scanner = start
    func column(_ name: String) throws -> Int {
      if let index = names.firstIndex(of: name) { return index }
      throw EvaluationError.noColumn(file: file.name, column: name, found: names)
    }
    let columns = (try column(query), try column(paraphrase))
    let image = names.indices.compactMap { index in
      index == columns.0 || index == columns.1 ? nil : Self.rank(names[index]).map { (index, $0) }
    }.min { $0.1 < $1.1 }?.0
    var fields: [DelimitedScanner.Field] = []
    while true {
      do {
        guard try scanner.next(&fields) else { return }
      } catch {
        try reject(
          .malformed(
            file: file.name, line: error.line, problem: error.problem,
            remedy: "put texts that hold delimiters or quotes in quotes, quotes doubled, or use --keep-going")
        )
        continue
      }
      func text(_ index: Int?) -> String? {
        guard let index, index < fields.count else { return nil }
        return scanner.text(fields[index])
      }
      let name = text(image)?.trimmed()
      try take(
        pair(
          image: name?.isEmpty == true ? nil : name, text(columns.0).map(JSONField.text),
          text(columns.1).map(JSONField.text), line: scanner.line, isCell: true))
    }
  }
}
