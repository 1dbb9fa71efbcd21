package import JSON

extension CaptionFileReader {
  /// One JSON value a file: a list of rows, a single row, annotations with their images, or a map from id to captions.
  mutating func readJSONDocument() throws {
    var scanner = scanner()
    do {
      if try scanner.kind() == .array {
        try readRows(&scanner)
      } else {
        switch try objectLayout(scanner) {
        case .row: try accept(readRow(&scanner, number: 1))
        case .annotations(let key): try readAnnotations(&scanner, under: key)
        case .splits: try readSplits(&scanner)
        case .map: try readMap(&scanner)
        }
      }
      try scanner.finish()
    } catch let error as JSONSyntaxError {
      throw malformed(error)
    }
  }

  /// What a JSON object that is a whole file is.
  private enum ObjectLayout {
    case row
    /// COCO's `annotations` and TextCaps' `data`: rows under one key, `images` under another.
    case annotations(key: String)
    /// Karpathy's `dataset_*.json`: images with their sentences and splits.
    case splits
    case map
  }

  /// Looks at the first keys only: all layouts but the map have few.
  private func objectLayout(_ start: JSONScanner) throws -> ObjectLayout {
    var scanner = start
    var (hasID, hasText) = (false, false)
    try scanner.open("{")
    var isFirst = true
    for _ in 0..<32 {
      guard let key = try scanner.nextKey(isFirst: &isFirst) else {
        return hasText && (hasID || role == .texts) ? .row : .map
      }
      switch selection.role(of: key) {
      case .identifier, .image: hasID = true
      // A list is a row's too, but the captions of an id called "text" are more likely to be a list.
      case .caption, .reference: hasText = true
      case .split, nil: break
      }
      if try scanner.kind() == .array {
        switch key {
        case "annotations" where firstElement(scanner, fits: { $0 == nil || $0?.isEmpty == false }),
          "data" where firstElement(scanner, fits: { $0?.isEmpty == false }):
          return .annotations(key: key)
        case "images" where firstElement(scanner, fits: { $0?.contains("sentences") == true }): return .splits
        default: break
        }
      }
      try scanner.skipValue()
    }
    return .map
  }

  /// Whether the keys of the first object of a list are as they must be: nil where the list is empty, none for
  /// elements that are no objects.
  private func firstElement(_ start: JSONScanner, fits: ([String]?) -> Bool) -> Bool {
    var scanner = start
    var keys: [String] = []
    do {
      try scanner.open("[")
      scanner.skipBlanks()
      if scanner.byte == UInt8(ascii: "]") { return fits(nil) }
      guard try scanner.kind() == .object else { return fits([]) }
      try scanner.open("{")
      var isFirst = true
      while let key = try scanner.nextKey(isFirst: &isFirst) {
        keys.append(key)
        try scanner.skipValue()
      }
    } catch {
      // What is wrong there is told when the list is read.
      return fits(keys)
    }
    return fits(keys)
  }

  /// `{"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}`, other keys ignored.
  private mutating func readAnnotations(_ scanner: inout JSONScanner, under rowsKey: String) throws {
    var fileNames: [String: String] = [:]
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      let kind = try scanner.kind()
      if key == rowsKey, kind == .array {
        try readRows(&scanner)
      } else if key == "images", kind == .array {
        try readImages(&scanner, into: &fileNames)
      } else {
        try scanner.skipValue()
      }
    }
    for index in rows.indices where rows[index].image == nil {
      rows[index].image = fileNames[rows[index].id]
    }
    keepOneListAnImage()
  }

  private func readImages(_ scanner: inout JSONScanner, into fileNames: inout [String: String]) throws {
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      guard try scanner.kind() == .object else {
        try scanner.skipValue()
        continue
      }
      if let image = try scanner.cocoImage() { fileNames[image.id] = image.fileName }
    }
  }

  /// TextCaps has a row for each caption of an image, and in each the list of all of them: one list is enough.
  private mutating func keepOneListAnImage() {
    guard role != .candidates, rows.contains(where: \.holdsAllReferences) else { return }
    var seen: Set<String> = []
    rows.removeAll { $0.holdsAllReferences && !seen.insert($0.id).inserted }
  }

  /// `{id: caption}` or `{id: [captions]}`, or both mixed.
  private mutating func readMap(_ scanner: inout JSONScanner) throws {
    guard !selection.namesColumns else { throw noColumns() }
    try scanner.open("{")
    var isFirst = true
    while let id = try scanner.nextKey(isFirst: &isFirst) {
      let line = lines.line(at: scanner.at, in: file.bytes)
      var fields = JSONRowFields(file: file.name, line: line, id: id)
      fields.captions.append((rank: 0, key: id, field: try scanner.field()))
      try accept(fields.row(for: role, selection: selection))
    }
  }

  /// The error of columns that are named for a file without any.
  private func noColumns() -> DatasetError {
    let options = [selection.columnOption, selection.idColumnOption].compactMap(\.self)
    return .malformed(
      file: file.name, line: 1,
      problem: "columns are named, and the file is neither a table nor a list of JSON objects",
      remedy:
        "\(options.isEmpty ? "name none" : "leave \(options.joined(separator: " and ")) out"), or convert the file"
    )
  }
}

extension JSONScanner {
  /// Reads an object of COCO's `images`: the image's number and the name of its file; nil where it lacks one of them.
  package mutating func cocoImage() throws(JSONSyntaxError) -> (id: String, fileName: String)? {
    var (id, name): (String?, String?)
    try open("{")
    var isFirst = true
    while let key = try nextKey(isFirst: &isFirst) {
      switch key {
      case "id": id = try field().identifier
      case "file_name": if case .text(let text) = try field() { name = text }
      default: try skipValue()
      }
    }
    guard let id, let name else { return nil }
    return (id, name)
  }
}
