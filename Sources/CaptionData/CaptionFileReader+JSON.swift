import JSON

extension CaptionFileReader {
  /// A scanner of the file, which takes Python's `NaN` for a missing value and not for the end of all reading.
  func scanner(in range: Range<Int>? = nil) -> JSONScanner {
    JSONScanner(file.bytes, in: range, takesNonFinite: true)
  }

  /// One JSON object a line, or one string a line where captions need no ids.
  mutating func readJSONLines() throws {
    var start = 0
    var line = 0
    while start < file.bytes.count {
      let end = file.bytes[start...].firstIndex(of: 0x0A) ?? file.bytes.count
      line += 1
      var scanner = scanner(in: start..<end)
      start = end + 1
      if scanner.isAtEnd() { continue }
      do {
        let row = try readRow(&scanner, line: line, number: line)
        try scanner.finish()
        try accept(row)
      } catch let error as JSONSyntaxError {
        try reject(
          .malformed(
            file: file.name, line: line, problem: error.problem,
            remedy: "correct the line, or skip it with --keep-going"))
      }
    }
  }

  /// The rows of a list.
  mutating func readRows(_ scanner: inout JSONScanner) throws {
    try scanner.open("[")
    var isFirst = true
    var number = 0
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      number += 1
      try accept(readRow(&scanner, number: number))
    }
  }

  /// A row: an object with an id and a caption, or a string where captions need no ids.
  ///
  /// - Parameter number: what a row without an id is called.
  mutating func readRow(
    _ scanner: inout JSONScanner, line: Int? = nil, number: Int
  ) throws -> Result<CaptionRow, DatasetError> {
    scanner.skipBlanks()
    let line = line ?? lines.line(at: scanner.at, in: file.bytes)
    let kind = try scanner.kind()
    guard kind == .object else {
      if role == .texts, !selection.namesColumns { return try readText(&scanner, line: line, number: number) }
      try scanner.skipValue()
      return .failure(
        .wrongType(
          file: file.name, line: line, id: nil, key: "row", expected: "an object with an id and a caption",
          found: kind.rawValue))
    }
    var fields = JSONRowFields(file: file.name, line: line, id: nil)
    fields.number = number
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      fields.keys.append(key)
      if key == referenceColumn {
        fields.take(try scanner.field(), key: key, rank: 0, as: \.references)
        continue
      }
      switch selection.role(of: key) {
      case .identifier(let rank): fields.take(try scanner.field(), key: key, rank: rank, as: \.identifiers)
      case .image(let rank): fields.take(try scanner.field(), key: key, rank: rank, as: \.images)
      case .caption(let rank): fields.take(try scanner.field(), key: key, rank: rank, as: \.captions)
      case .reference where referenceColumn == nil:
        fields.take(try scanner.field(), key: key, rank: 0, as: \.references)
      case .split: fields.split = try scanner.field().identifier
      case .reference, nil: try scanner.skipValue()
      }
    }
    return fields.row(for: role, selection: selection)
  }

  /// A caption without an id.
  private func readText(
    _ scanner: inout JSONScanner, line: Int, number: Int
  ) throws -> Result<CaptionRow, DatasetError> {
    let field = try scanner.field()
    if case .text(let text) = field, MissingCaption.found(inString: text) == nil {
      return .success(CaptionRow(id: "\(number)", hasID: false, references: [text], line: line))
    }
    return .failure(
      .wrongElement(file: file.name, line: line, index: number - 1, found: field.foundInPlaceOfCaption))
  }
}
