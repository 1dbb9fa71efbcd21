import CaptionMetrics

extension SourceReader {
  /// Reads a CSV or TSV. Columns are named by its first line, or numbered from one where that names none.
  mutating func readTable(delimiter: Unicode.Scalar) throws {
    var scanner = DelimitedScanner(file.bytes, delimiter: UInt8(ascii: delimiter))
    var fields: [DelimitedScanner.Field] = []
    do throws(DelimitedScanner.Failure) {
      guard try scanner.next(&fields) else { return }
    } catch {
      throw malformed(error.problem, line: error.line)
    }
    let names = fields.map { scanner.text($0).map(SourceCaptions.singleLine) ?? "" }
    let chosen = try choose(among: names)
    if !chosen.hasHeader { try add(fields, scanner, chosen) }
    hasIDs = chosen.id != nil
    while true {
      do throws(DelimitedScanner.Failure) {
        guard try scanner.next(&fields) else { return }
      } catch {
        try reject(malformed(error.problem, line: error.line))
        continue
      }
      try add(fields, scanner, chosen)
    }
  }

  private struct Choice {
    var caption: Int
    var id: Int?
    var hasHeader: Bool
  }

  private func choose(among names: [String]) throws(ParaphraseError) -> Choice {
    let roles = names.map { ColumnRole(named: $0) }
    func best(_ rank: (ColumnRole) -> Int?) -> Int? {
      roles.indices.compactMap { index in roles[index].flatMap(rank).map { (index, $0) } }.min {
        $0.1 < $1.1
      }?.0
    }
    var hasHeader = false
    func place(_ wanted: String) throws(ParaphraseError) -> Int {
      if let index = names.firstIndex(of: wanted) {
        hasHeader = true
        return index
      }
      if let number = Int(wanted), (1...max(1, names.count)).contains(number) { return number - 1 }
      throw .missingColumn(file: file.name, line: 1, column: wanted, found: names)
    }
    let caption = best { if case .caption(let rank) = $0 { rank } else { nil } }
    let id =
      best { if case .picture(let rank) = $0 { rank } else { nil } }
      ?? best { if case .identifier(let rank) = $0 { rank } else { nil } }
    let captionPlace: Int
    if let wanted = columns.caption {
      captionPlace = try place(wanted)
    } else if let caption {
      hasHeader = true
      captionPlace = caption
    } else {
      throw .missingColumn(file: file.name, line: 1, column: "caption", found: names)
    }
    // Columns that are given by number, over a first line that names them nevertheless.
    if !hasHeader, roles[captionPlace] != nil || id != nil { hasHeader = true }
    if let wanted = columns.id {
      return Choice(caption: captionPlace, id: try place(wanted), hasHeader: hasHeader)
    }
    return Choice(caption: captionPlace, id: id == captionPlace ? nil : id, hasHeader: hasHeader)
  }

  private mutating func add(
    _ fields: [DelimitedScanner.Field], _ scanner: DelimitedScanner, _ choice: Choice
  ) throws {
    let last = max(choice.caption, choice.id ?? 0)
    guard fields.count > last else {
      return try reject(
        malformed(
          "there are \(fields.count) columns where at least \(last + 1) are needed", line: scanner.line))
    }
    guard let text = scanner.text(fields[choice.caption]) else {
      return try reject(
        .malformed(
          file: file.name, line: scanner.line, problem: "the caption is not UTF-8",
          remedy: "convert the file with: iconv -f LATIN1 -t UTF-8"))
    }
    var id = "\(scanner.line)"
    if let column = choice.id {
      guard let name = scanner.text(fields[column]).map(SourceCaptions.singleLine), !name.isEmpty else {
        return try reject(malformed("the id is empty", line: scanner.line))
      }
      id = name
    }
    captions.append(.init(id: id, text: text, line: scanner.line))
  }

  private func malformed(_ problem: String, line: Int) -> ParaphraseError {
    .malformed(
      file: file.name, line: line, problem: problem,
      remedy: "put texts that hold delimiters or quotes in quotes, quotes doubled, or use --keep-going")
  }
}
