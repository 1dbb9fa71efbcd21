public import Foundation

/// One column of a table whose cells are divided by tabs, without quotes and without names: as CC3M's and Flickr8k's
/// captions come.
public struct TextColumn: Sendable, Equatable {
  /// The cells, a line each; lines without anything are left out.
  public var texts: [String]

  /// Reads a file.
  ///
  /// - Parameter column: the column, counted from 1; nil for the last of each line.
  /// - Throws: ``DatasetError``, where a line has no such column or is not UTF-8.
  public init(contentsOf url: URL, column: Int? = nil) throws {
    let file = try TextFile(contentsOf: url)
    var texts: [String] = []
    var line = 0
    for bytes in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      let content = bytes.last == 0x0D ? bytes.dropLast() : bytes
      guard !content.isEmpty else { continue }
      let cells = content.split(separator: 0x09, omittingEmptySubsequences: false)
      let index = (column ?? cells.count) - 1
      guard cells.indices.contains(index) else {
        throw DatasetError.malformed(
          file: file.name, line: line, problem: "there is no column \(index + 1), only \(cells.count)",
          remedy: "name the column with --column")
      }
      guard let text = String(validating: cells[index], as: UTF8.self) else {
        throw DatasetError.malformed(
          file: file.name, line: line, problem: "the line is not UTF-8",
          remedy: "convert the file with: iconv -f LATIN1 -t UTF-8")
      }
      texts.append(text)
    }
    self.texts = texts
  }
}
