import JSON

extension CaptionFileReader {
  /// One JSON value a file: a list of rows, a single row, COCO annotations, or a map from id to captions.
  mutating func readJSONDocument() throws {
    var scanner = JSONScanner(file.bytes)
    do {
      if try scanner.kind() == .array {
        try readRows(&scanner)
      } else {
        switch try objectLayout(scanner) {
        case .row: try accept(readRow(&scanner))
        case .annotations: try readAnnotations(&scanner)
        case .map: try readMap(&scanner)
        }
      }
      try scanner.finish()
    } catch let error as JSONSyntaxError {
      throw malformed(error)
    }
  }

  /// One JSON object a line.
  mutating func readJSONLines() throws {
    var start = 0
    var line = 0
    while start < file.bytes.count {
      let end = file.bytes[start...].firstIndex(of: 0x0A) ?? file.bytes.count
      line += 1
      var scanner = JSONScanner(file.bytes, in: start..<end)
      start = end + 1
      if scanner.isAtEnd() { continue }
      do {
        let row = try readRow(&scanner, line: line)
        try scanner.finish()
        try accept(row)
      } catch let error as JSONSyntaxError {
        try reject(
          .malformed(
            file: file.name, line: line, problem: error.problem,
            remedy: "correct the line, or leave it out with --keep-going"))
      }
    }
  }

  /// What a JSON object that is a whole file is.
  private enum ObjectLayout {
    case row
    case annotations
    case map
  }

  /// Looks at the first keys only: a row and COCO annotations have few.
  private func objectLayout(_ start: JSONScanner) throws -> ObjectLayout {
    var scanner = start
    var (hasID, hasText) = (false, false)
    try scanner.open("{")
    var isFirst = true
    for _ in 0..<32 {
      guard let key = try scanner.nextKey(isFirst: &isFirst) else { return hasID && hasText ? .row : .map }
      switch ColumnRole(named: key) {
      case .identifier, .picture: hasID = true
      case .caption, .reference: hasText = true
      case nil: break
      }
      if key == "annotations", try scanner.kind() == .array {
        var list = scanner
        try list.open("[")
        list.skipBlanks()
        if list.byte == UInt8(ascii: "{") || list.byte == UInt8(ascii: "]") { return .annotations }
      }
      try scanner.skipValue()
    }
    return .map
  }

  private mutating func accept(_ row: Result<CaptionRow, DatasetError>) throws {
    switch row {
    case .success(let row): rows.append(row)
    case .failure(let error): try reject(error, id: error.id)
    }
  }

  private mutating func readRows(_ scanner: inout JSONScanner) throws {
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") { try accept(readRow(&scanner)) }
  }

  /// `{"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}`, other keys ignored.
  private mutating func readAnnotations(_ scanner: inout JSONScanner) throws {
    var fileNames: [String: String] = [:]
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      let kind = try scanner.kind()
      if key == "annotations", kind == .array {
        try readRows(&scanner)
      } else if key == "images", kind == .array {
        try readImages(&scanner, into: &fileNames)
      } else {
        try scanner.skipValue()
      }
    }
    for index in rows.indices where rows[index].picture == nil {
      rows[index].picture = fileNames[rows[index].id]
    }
  }

  private func readImages(_ scanner: inout JSONScanner, into fileNames: inout [String: String]) throws {
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      guard try scanner.kind() == .object else {
        try scanner.skipValue()
        continue
      }
      var (id, name): (String?, String?)
      try scanner.open("{")
      var isFirstKey = true
      while let key = try scanner.nextKey(isFirst: &isFirstKey) {
        switch key {
        case "id": id = try scanner.field().identifier
        case "file_name": if case .text(let text) = try scanner.field() { name = text }
        default: try scanner.skipValue()
        }
      }
      if let id, let name { fileNames[id] = name }
    }
  }

  /// `{id: caption}` or `{id: [captions]}`, or both mixed.
  private mutating func readMap(_ scanner: inout JSONScanner) throws {
    try scanner.open("{")
    var isFirst = true
    while let id = try scanner.nextKey(isFirst: &isFirst) {
      let line = lines.line(at: scanner.at, in: file.bytes)
      var fields = JSONRowFields(file: file.name, line: line, id: id)
      fields.captions.append((rank: 0, key: id, field: try scanner.field()))
      try accept(fields.row(for: role))
    }
  }

  private mutating func readRow(
    _ scanner: inout JSONScanner, line: Int? = nil
  ) throws -> Result<CaptionRow, DatasetError> {
    scanner.skipBlanks()
    var fields = JSONRowFields(
      file: file.name, line: line ?? lines.line(at: scanner.at, in: file.bytes), id: nil)
    let kind = try scanner.kind()
    guard kind == .object else {
      try scanner.skipValue()
      return .failure(
        .wrongType(
          file: file.name, line: fields.line, id: nil, key: "row",
          expected: "an object with an id and a caption", found: kind.rawValue))
    }
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      fields.keys.append(key)
      switch ColumnRole(named: key) {
      case .identifier(let rank): fields.identifiers.append((rank, key, try scanner.field()))
      case .picture(let rank): fields.pictures.append((rank, key, try scanner.field()))
      case .caption(let rank): fields.captions.append((rank, key, try scanner.field()))
      case .reference: fields.references.append((0, key, try scanner.field()))
      case nil: try scanner.skipValue()
      }
    }
    return fields.row(for: role)
  }
}
