import CLIP
package import CaptionData
public import Foundation

/// Which image row belongs to which text row: what `--pairs` reads.
///
/// A CSV or TSV whose first line names the columns, or a JSON list of numbers, of strings or of objects. What counts is
/// `image_row`, a number from 0, or a name such as `image_id` or `image`; `text_row` or `caption_row`, where the rows of
/// the table are not those of the texts; and `reference_rows`, numbers of text rows with spaces between.
public struct EmbeddingPairs: Sendable, Equatable {
  /// How a row tells its image.
  public enum Image: Sendable, Equatable, Hashable {
    /// The row of the image embeddings, from 0.
    case row(Int)
    /// A name; rows of one name have one image.
    case name(String)
  }

  /// A row of the table.
  public struct Row: Sendable, Equatable {
    /// The image.
    public var image: Image
    /// The row of the text embeddings, where the table tells.
    public var text: Int?
    /// The rows of the references among the text embeddings, where the table tells.
    public var references: [Int]?
    /// The line of the file; for JSON, the place in the list, from 1.
    public var line: Int

    /// Creates a row.
    public init(image: Image, text: Int? = nil, references: [Int]? = nil, line: Int = 0) {
      self.image = image
      self.text = text
      self.references = references
      self.line = line
    }
  }

  /// The file as the user named it.
  public let name: String
  /// The rows, in the order of the file.
  public let rows: [Row]

  /// Creates a table from its rows.
  public init(name: String, rows: [Row]) {
    self.name = name
    self.rows = rows
  }

  /// Reads a table.
  ///
  /// - Throws: ``DatasetError`` where the file cannot be read, ``EvaluationError`` for what is wrong in it.
  public init(contentsOf url: URL) throws {
    try self.init(TextFile(contentsOf: url))
  }

  package init(_ file: TextFile) throws {
    name = file.name
    let start = file.bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    rows = try start == UInt8(ascii: "[") ? Self.list(file) : Self.table(file)
    guard !rows.isEmpty else { throw EmbeddingError.noRows(name: name) }
  }

  /// One text row for every row of the table, all different, in `0..<textCount`, or what is wrong.
  func textRows(textCount: Int) throws(EvaluationError) -> [Int] {
    let areNamed = rows.contains { $0.text != nil }
    guard areNamed || rows.count == textCount else {
      throw .tableDoesNotFit(
        file: name, line: nil, problem: "it has \(rows.count) rows, and there are \(textCount) text rows")
    }
    var result: [Int] = []
    for (index, row) in rows.enumerated() {
      let text = areNamed ? row.text : index
      guard let text, (0..<textCount).contains(text) else {
        throw .tableDoesNotFit(
          file: name, line: row.line,
          problem: text.map { "there is no text row \($0) among \(textCount)" }
            ?? "it does not tell its text row")
      }
      result.append(text)
    }
    return result
  }
}
