import Files
import JSON

/// Karpathy's `dataset_*.json`: images with their sentences, divided into splits.
extension CaptionFileReader {
  /// `{"images": [{"filename", "filepath", "imgid", "cocoid", "split", "sentences": [{"raw"}]}]}`.
  mutating func readSplits(_ scanner: inout JSONScanner) throws {
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      guard key == "images", try scanner.kind() == .array else {
        try scanner.skipValue()
        continue
      }
      try scanner.open("[")
      var isFirstImage = true
      while try scanner.next(isFirst: &isFirstImage, closing: "]") { try accept(readSplitImage(&scanner)) }
    }
  }

  private mutating func readSplitImage(_ scanner: inout JSONScanner) throws -> Result<
    CaptionRow, DatasetError
  > {
    scanner.skipBlanks()
    let line = lines.line(at: scanner.at, in: file.bytes)
    guard try scanner.kind() == .object else {
      let found = try scanner.field().found
      return .failure(
        .wrongType(
          file: file.name, line: line, id: nil, key: "images", expected: "an object with sentences",
          found: found))
    }
    var names: [String: String] = [:]
    var sentences: [JSONField] = []
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      switch key {
      case "filename", "filepath", "imgid", "cocoid", "split": names[key] = try scanner.field().identifier
      case "sentences" where try scanner.kind() == .array: sentences = try readSentences(&scanner)
      default: try scanner.skipValue()
      }
    }
    guard let id = names["cocoid"] ?? names["imgid"] ?? names["filename"] else {
      return .failure(
        .missingColumn(
          file: file.name, line: line, expected: ColumnRole.identifierText, found: names.keys.sorted(),
          option: nil))
    }
    var row = CaptionRow(id: id, split: names["split"], line: line)
    if let name = names["filename"] {
      row.image = names["filepath"].map { "\($0)/\(name)" } ?? name
    }
    for sentence in sentences {
      if case .text(let text) = sentence, MissingCaption.found(inString: text) == nil {
        row.references.append(text)
      } else {
        row.faults.append(
          .wrongType(
            file: file.name, line: line, id: id, key: selection.column ?? "raw",
            expected: "a caption in quotes",
            found: sentence.foundInPlaceOfCaption))
      }
    }
    if role == .candidates {
      guard row.references.count == 1 else {
        return .failure(
          .wrongType(
            file: file.name, line: line, id: id, key: "sentences", expected: "one caption to score",
            found: "a list of \(row.references.count) captions"))
      }
      row.candidate = row.references.removeFirst()
    }
    return .success(row)
  }

  private func readSentences(_ scanner: inout JSONScanner) throws -> [JSONField] {
    var sentences: [JSONField] = []
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      guard try scanner.kind() == .object else {
        sentences.append(try scanner.field())
        continue
      }
      var raw = JSONField.other("not there")
      try scanner.open("{")
      var isFirstKey = true
      while let key = try scanner.nextKey(isFirst: &isFirstKey) {
        if key == selection.column ?? "raw" { raw = try scanner.field() } else { try scanner.skipValue() }
      }
      sentences.append(raw)
    }
    return sentences
  }
}
