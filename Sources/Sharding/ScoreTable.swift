import CaptionData
import Files
import Foundation
import JSON

/// Reads a file of captions with their scores: JSON lines, or a CSV or TSV whose first line names the columns.
struct ScoreTable {
  /// The line that names the columns, where there is one.
  private(set) var header: String?
  /// The rows, each with its text as it stands in the file, without the end of its line.
  private(set) var rows: [(row: PairRow, text: String)] = []
  private let file: TextFile
  private let metric: String

  /// Reads a file, which may be compressed with gzip.
  ///
  /// - Parameter metric: the name of the score: a key, or a column.
  /// - Throws: `DatasetError`, ``ShardingError/badLine(file:line:problem:)``.
  init(contentsOf url: URL, metric: String) throws {
    file = try TextFile(contentsOf: url)
    self.metric = metric
    let first = file.bytes.first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
    if first == UInt8(ascii: "{") { try readJSONLines() } else { try readColumns() }
  }

  private func wrong(_ line: Int, _ problem: String) -> ShardingError {
    .badLine(file: FileStretch.name(of: URL(fileURLWithPath: file.name)), line: line, problem: problem)
  }

  private mutating func readJSONLines() throws {
    let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) {
      guard case .object(let members)? = try? JSONValue(parsing: line) else {
        throw wrong(index + 1, "it is no JSON object")
      }
      func value(_ key: String) -> JSONValue? { members.first { $0.key == key }?.value }
      guard let id = value("id")?.string else { throw wrong(index + 1, "it has no \"id\"") }
      guard let score = value(metric) else {
        let known = members.map(\.key).filter { !["id", "caption"].contains($0) }
        let others = known.isEmpty ? "" : " among \(known.joined(separator: ", "))"
        throw wrong(index + 1, "it has no \"\(metric)\"\(others)")
      }
      rows.append((Self.row(id, score.number, members), String(decoding: line, as: UTF8.self)))
    }
  }

  private mutating func readColumns() throws {
    let table = try columns()
    var scanner = table.scanner
    var fields: [DelimitedScanner.Field] = []
    while true {
      let start = scanner.at
      do { guard try scanner.next(&fields) else { return } } catch { throw wrong(error.line, error.problem) }
      guard fields.count > max(table.id, table.score), let id = scanner.text(fields[table.id])?.trimmed(),
        let cell = scanner.text(fields[table.score])?.trimmed()
      else { throw wrong(scanner.line, "it lacks the id or the \(metric), or is not UTF-8") }
      let score = Double(cell)
      guard score != nil || MissingCaption.found(inCell: cell) != nil else {
        throw wrong(scanner.line, "its \(metric) is \"\(cell)\", which is no number")
      }
      rows.append((Self.row(id, score, []), text(of: fields, from: start, to: scanner.at)))
    }
  }

  /// The columns of ids and of scores, and a scanner that stands before the first row.
  private mutating func columns() throws -> (scanner: DelimitedScanner, id: Int, score: Int) {
    var found: [String] = []
    for delimiter in ["\t", ",", ";", "|"].map({ UInt8(ascii: $0 as Unicode.Scalar) }) {
      var scanner = DelimitedScanner(file.bytes, delimiter: delimiter)
      var fields: [DelimitedScanner.Field] = []
      guard (try? scanner.next(&fields)) == true else { continue }
      let names = fields.map { scanner.text($0)?.trimmed() ?? "" }
      if let id = ColumnRole.place(ofNamesIn: names), let score = names.firstIndex(of: metric) {
        header = text(of: fields, from: 0, to: scanner.at)
        return (scanner, id, score)
      }
      if names.count > found.count { found = names }
    }
    let missing = ColumnRole.place(ofNamesIn: found) == nil ? "id" : metric
    throw wrong(1, "there is no column \"\(missing)\" among \(found.joined(separator: ", "))")
  }

  /// A record as it stands in the file, without blank lines before it and the end of its last line.
  private func text(of fields: [DelimitedScanner.Field], from start: Int, to end: Int) -> String {
    var lower = fields.first?.range.lowerBound ?? start
    if lower > start, file.bytes[lower - 1] == UInt8(ascii: "\"") { lower -= 1 }
    let upper = end > lower && file.bytes[end - 1] == UInt8(ascii: "\n") ? end - 1 : end
    return String(decoding: file.bytes[lower..<upper], as: UTF8.self)
  }

  private static func row(_ id: String, _ score: Double?, _ value: [JSONValue.Member]) -> PairRow {
    let score = score.flatMap { $0.isFinite ? $0 : nil }
    return PairRow(key: id, isEmbedded: score != nil, score: score, hash: nil, value: value)
  }
}
