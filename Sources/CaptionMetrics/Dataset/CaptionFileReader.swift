import JSON

/// Reads a file of captions in any of the known layouts, which are told apart by content.
struct CaptionFileReader {
  let file: TextFile
  let role: CaptionFileRole
  let keepGoing: Bool
  var rows: [CaptionRow] = []
  var leftOut: [LeftOut] = []
  var lines = LineCounter()

  init(file: TextFile, role: CaptionFileRole, keepGoing: Bool) {
    self.file = file
    self.role = role
    self.keepGoing = keepGoing
  }

  /// Reads the whole file into ``rows``.
  ///
  /// - Throws: ``DatasetError``.
  mutating func read() throws {
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    guard let start = file.bytes.firstIndex(where: { !blanks.contains($0) }) else {
      throw DatasetError.empty(file: file.name)
    }
    switch file.bytes[start] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if isJSONLines(from: start) { try readJSONLines() } else { try readJSONDocument() }
    default:
      try readTable()
    }
  }

  /// Ends the work with `error`, or leaves the row out.
  mutating func reject(_ error: DatasetError, id: String? = nil) throws {
    guard keepGoing else { throw error }
    leftOut.append(LeftOut(id: id, reason: error.description))
  }

  /// A syntax error as one for people.
  mutating func malformed(_ error: JSONSyntaxError) -> DatasetError {
    .malformed(
      file: file.name, line: lines.line(at: error.offset, in: file.bytes), problem: error.problem,
      remedy: "correct the JSON there")
  }

  /// Whether the first line is a JSON object (or begins like one) and the next line is one too.
  func isJSONLines(from start: Int) -> Bool {
    guard file.bytes[start] == UInt8(ascii: "{"), let lineBreak = file.bytes[start...].firstIndex(of: 0x0A)
    else { return false }
    var second = JSONScanner(file.bytes, in: lineBreak..<file.bytes.count)
    second.skipBlanks()
    guard second.byte == UInt8(ascii: "{") else { return false }
    var first = JSONScanner(file.bytes, in: start..<lineBreak)
    if (try? first.skipValue()) != nil { return first.isAtEnd() }
    let secondEnd = file.bytes[second.at...].firstIndex(of: 0x0A) ?? file.bytes.count
    second = JSONScanner(file.bytes, in: second.at..<secondEnd)
    return (try? second.skipValue()) != nil && second.isAtEnd()
  }
}
