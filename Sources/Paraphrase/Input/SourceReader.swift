import CaptionMetrics
import Foundation
import JSON

/// Reads captions with their ids from the layouts that ``SourceCaptions`` takes.
struct SourceReader {
  let file: TextFile
  let columns: SourceCaptions.Columns
  let keepGoing: Bool
  var captions: [SourceCaptions.Caption] = []
  var hasIDs = true
  var leftOut: [LeftOut] = []

  init(file: TextFile, columns: SourceCaptions.Columns, keepGoing: Bool) {
    self.file = file
    self.columns = columns
    self.keepGoing = keepGoing
  }

  /// Reads the file as what its name says it is, or else as what it looks like.
  mutating func read(kind: String) throws {
    let first = file.bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    switch kind {
    case "txt" where columns == SourceCaptions.Columns() && !isFlickr: readLines()
    case "jsonl", "ndjson": try readJSONLines()
    case "csv": try readTable(delimiter: ",")
    case "tsv" where !isFlickr: try readTable(delimiter: "\t")
    case "json" where first == UInt8(ascii: "[") && columns == SourceCaptions.Columns():
      if (try? readTextList()) == nil { try readAnyLayout() }
    case _ where columns != SourceCaptions.Columns(): try readColumns(first: first)
    default: try readAnyLayout()
    }
  }

  /// Whether the first line is Flickr's `name.jpg#0`, a tab, a caption.
  private var isFlickr: Bool {
    let line = file.bytes.prefix { $0 != 0x0A }
    guard let tab = line.firstIndex(of: 0x09), let mark = line[..<tab].lastIndex(of: UInt8(ascii: "#")) else {
      return false
    }
    let number = line[line.index(after: mark)..<tab]
    return !number.isEmpty && number.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Reads a table or JSON lines whose name does not say what they are.
  private mutating func readColumns(first: UInt8?) throws {
    let line = file.bytes.prefix { $0 != 0x0A }
    switch first {
    case UInt8(ascii: "{"): try readJSONLines()
    case _ where line.contains(0x09): try readTable(delimiter: "\t")
    case _ where first != UInt8(ascii: "[") && line.contains(UInt8(ascii: ",")): try readTable(delimiter: ",")
    default:
      throw ParaphraseError.malformed(
        file: file.name, line: 1,
        problem: "columns are named, and the file is neither a table nor JSON lines",
        remedy: "leave --column and --id-column out, or convert the file")
    }
  }

  private mutating func readAnyLayout() throws {
    let lines = try CaptionLines(file, keepGoing: keepGoing)
    captions = lines.captions.map { .init(id: $0.id, text: $0.text, line: $0.line) }
    leftOut = lines.leftOut
  }

  private mutating func readTextList() throws {
    let texts = try TextList(file, isPlain: false).texts
    hasIDs = false
    captions = texts.enumerated().map { .init(id: "\($0 + 1)", text: $1, line: $0 + 1) }
  }

  private mutating func readLines() {
    hasIDs = false
    forEachLine { line, bytes in
      captions.append(.init(id: "\(line)", text: String(decoding: bytes, as: UTF8.self), line: line))
    }
  }

  /// Calls `body` with every line that is not blank.
  private func forEachLine(_ body: (Int, ArraySlice<UInt8>) throws -> Void) rethrows {
    var line = 0
    for bytes in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      if !bytes.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { try body(line, bytes) }
    }
  }

  /// Ends the work with `error`, or leaves the line out.
  mutating func reject(_ error: ParaphraseError, id: String? = nil) throws {
    guard keepGoing else { throw error }
    leftOut.append(LeftOut(id: id, reason: error.description))
  }

  private mutating func readJSONLines() throws {
    var numbered = 0
    var line = 0
    for bytes in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      if bytes.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
      let value: JSONValue
      do {
        value = try JSONValue(parsing: bytes)
      } catch {
        let problem = (error as? JSONSyntaxError)?.problem ?? "the line is no JSON"
        try reject(
          .malformed(file: file.name, line: line, problem: problem, remedy: "correct the JSON there"))
        continue
      }
      do throws(ParaphraseError) {
        let (id, texts) = try row(value, line: line)
        if id == nil { numbered += 1 }
        for text in texts { captions.append(.init(id: id ?? "\(line)", text: text, line: line)) }
      } catch {
        try reject(error)
      }
    }
    hasIDs = numbered == 0
  }

  /// The id and the captions of a JSON line: a string, or an object.
  private func row(_ value: JSONValue, line: Int) throws(ParaphraseError) -> (id: String?, texts: [String]) {
    if let text = value.string, columns == SourceCaptions.Columns() { return (nil, [text]) }
    guard case .object(let members) = value else {
      throw .malformed(
        file: file.name, line: line,
        problem: "\(value.summary) stands where an object with a caption must be",
        remedy: "write it as {\"id\": …, \"caption\": …}")
    }
    let keys = members.map(\.key)
    let captionKey = try key(columns.caption, in: keys, line: line) {
      if case .caption(let rank) = $0 { rank } else { nil }
    }
    guard let captionKey, let found = members.last(where: { $0.key == captionKey })?.value else {
      throw .missingColumn(file: file.name, line: line, column: columns.caption ?? "caption", found: keys)
    }
    guard let texts = found.string.map({ [$0] }) ?? found.array?.compactMap(\.string), !texts.isEmpty else {
      throw .malformed(
        file: file.name, line: line, problem: "\"\(captionKey)\" is \(found.summary) where a caption must be",
        remedy: "write the caption in quotes")
    }
    let idKey = try key(columns.id, in: keys, line: line) {
      switch $0 {
      // A picture's name before an id, which beside it may be no more than the number of the row.
      case .picture(let rank): rank
      case .identifier(let rank): 1000 + rank
      default: nil
      }
    }
    guard let idKey, let value = members.last(where: { $0.key == idKey })?.value else { return (nil, texts) }
    guard let id = value.string ?? value.integer.map(String.init), !id.isEmpty else {
      throw .malformed(
        file: file.name, line: line, problem: "\"\(idKey)\" is \(value.summary) where an id must be",
        remedy: "write a string or a whole number")
    }
    return (id, texts)
  }

  /// The key that the user named, or the one whose role has the lowest rank; nil for none.
  private func key(
    _ named: String?, in keys: [String], line: Int, rank: (ColumnRole) -> Int?
  ) throws(ParaphraseError) -> String? {
    if let named {
      if keys.contains(named) { return named }
      throw .missingColumn(file: file.name, line: line, column: named, found: keys)
    }
    var best: (key: String, rank: Int)?
    for key in keys {
      if let rank = ColumnRole(named: key).flatMap(rank), rank < best?.rank ?? .max { best = (key, rank) }
    }
    return best?.key
  }
}
