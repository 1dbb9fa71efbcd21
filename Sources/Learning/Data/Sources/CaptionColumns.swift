import CaptionMetrics
import Foundation

/// Which columns of a table hold a picture and a caption, told from a header or from the first line.
struct CaptionColumns {
  var picture: Int?
  var caption: Int
  /// Whether the first line names the columns.
  var hasHeader: Bool
  var delimiter: UInt8

  /// Looks at the first line of a table.
  ///
  /// - Parameter column: the name of the column of captions, or its number from one; nil to find it.
  /// - Throws: ``DataError/malformed(file:line:expected:found:)``.
  init(of file: TextFile, column: String? = nil, needsPicture: Bool) throws {
    let firstLine = file.bytes.prefix { $0 != 0x0A }
    delimiter = firstLine.contains(0x09) ? 0x09 : UInt8(ascii: firstLine.contains(0x2C) ? "," : "\t")
    var scanner = DelimitedScanner(file.bytes, delimiter: delimiter)
    var fields: [DelimitedScanner.Field] = []
    guard (try? scanner.next(&fields)) == true else {
      throw DataError.malformed(file: file.name, line: 1, expected: "a table", found: "no first line")
    }
    let names = fields.map { scanner.text($0) ?? "" }
    let roles = names.map { ColumnRole(named: $0) }
    // "title" is open_clip's default.
    let captions = roles.indices.filter {
      if case .caption = roles[$0] { true } else { names[$0].lowercased() == "title" }
    }
    let pictures = roles.indices.filter { if case .picture = roles[$0] { true } else { false } }
    let ids = roles.indices.filter { if case .identifier = roles[$0] { true } else { false } }
    let named = column.flatMap { wanted in names.firstIndex(of: wanted) }
    hasHeader = named != nil || (!captions.isEmpty && (!pictures.isEmpty || !ids.isEmpty || !needsPicture))
    let places = names.indices.filter { PictureNames.isPicture(names[$0]) }
    // Conceptual Captions puts the picture last, most others first.
    picture = hasHeader ? pictures.first ?? ids.first : places.first ?? (names.count > 1 ? 0 : nil)
    if let named {
      caption = named
    } else if let column, let number = Int(column) {
      caption = number - 1
    } else if column != nil {
      caption = -1
    } else if hasHeader {
      caption = captions.first ?? -1
    } else {
      caption = picture == 0 ? names.count - 1 : needsPicture ? 0 : names.count - 1
    }
    guard names.indices.contains(caption), !needsPicture || (picture != nil && picture != caption) else {
      throw DataError.malformed(
        file: file.name, line: 1,
        expected: column.map { "a column \"\($0)\"" } ?? "a picture's path and a caption in columns",
        found: names.prefix(8).map { "\"\($0.prefix(40))\"" }.joined(separator: ", "))
    }
  }
}
