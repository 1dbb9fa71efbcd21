public import Foundation
import JSON

/// A list of texts to be embedded or tokenized: `.txt` with a text a line, a JSON array of strings, or JSON lines.
///
/// JSON is told by its content, so the name of the file does not matter; a line of JSON lines is a string or an
/// object with a `caption` or `text`.
public struct TextList: Sendable, Equatable {
  /// The texts, in the order of the file. Blank lines of a text file are texts too, but for the last.
  public var texts: [String]

  /// Reads a file.
  ///
  /// - Throws: ``DatasetError``.
  public init(contentsOf url: URL) throws {
    try self.init(TextFile(contentsOf: url), isPlain: url.pathExtension.lowercased() == "txt")
  }

  package init(_ file: TextFile, isPlain: Bool) throws {
    var scanner = JSONScanner(file.bytes)
    scanner.skipBlanks()
    do {
      switch isPlain ? nil : scanner.byte {
      case UInt8(ascii: "["): texts = try Self.array(&scanner, file: file)
      case UInt8(ascii: "{"), UInt8(ascii: "\""): texts = try Self.lines(file, Self.jsonLine)
      default: texts = try Self.lines(file, Self.plainLine)
      }
    } catch let error as JSONSyntaxError {
      throw Self.malformed(error, file: file)
    }
  }

  private static func malformed(_ error: JSONSyntaxError, file: TextFile) -> DatasetError {
    var lines = LineCounter()
    return .malformed(
      file: file.name, line: lines.line(at: error.offset, in: file.bytes), problem: error.problem,
      remedy: "correct the JSON there")
  }

  private static func array(_ scanner: inout JSONScanner, file: TextFile) throws -> [String] {
    var lines = LineCounter()
    var texts: [String] = []
    try scanner.open("[")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      let start = scanner.at
      let field = try scanner.field()
      guard case .text(let text) = field else {
        throw DatasetError.wrongElement(
          file: file.name, line: lines.line(at: start, in: file.bytes), index: texts.count, found: field.found
        )
      }
      texts.append(text)
    }
    try scanner.finish()
    return texts
  }

  /// Calls `body` with the range of every line but an empty last one; `nil` leaves the line out.
  private static func lines(
    _ file: TextFile, _ body: (TextFile, Range<Int>, Int) throws -> String?
  ) throws -> [String] {
    var texts: [String] = []
    var start = 0
    var line = 0
    while start < file.bytes.count {
      let end = file.bytes[start...].firstIndex(of: 0x0A) ?? file.bytes.count
      line += 1
      let isPair = end > start && file.bytes[end - 1] == 0x0D
      if let text = try body(file, start..<(isPair ? end - 1 : end), line) { texts.append(text) }
      start = end + 1
    }
    return texts
  }

  private static func plainLine(_ file: TextFile, _ range: Range<Int>, _ line: Int) throws -> String? {
    if let text = String(validating: file.bytes[range], as: UTF8.self) { return text }
    throw DatasetError.malformed(
      file: file.name, line: line, problem: "the line is not UTF-8",
      remedy: "convert the file with: iconv -f LATIN1 -t UTF-8")
  }

  private static func jsonLine(_ file: TextFile, _ range: Range<Int>, _ line: Int) throws -> String? {
    var scanner = JSONScanner(file.bytes, in: range)
    if scanner.isAtEnd() { return nil }
    var field: JSONField?
    if try scanner.kind() == .object {
      var best = Int.max
      try scanner.open("{")
      var isFirst = true
      while let key = try scanner.nextKey(isFirst: &isFirst) {
        if case .caption(let rank) = ColumnRole(named: key), rank < best {
          best = rank
          field = try scanner.field()
        } else {
          try scanner.skipValue()
        }
      }
    } else {
      field = try scanner.field()
    }
    try scanner.finish()
    guard case .text(let text) = field else {
      throw DatasetError.wrongElement(
        file: file.name, line: line, index: line - 1, found: field?.found ?? "an object without a caption")
    }
    return text
  }
}
