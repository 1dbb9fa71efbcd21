import CaptionData
import Files
import Foundation

/// Which columns of a table hold an image and a caption, told from a header or from the first line.
struct CaptionColumns {
  var image: Int?
  var caption: Int
  /// Whether the first line names the columns.
  var hasHeader: Bool
  var delimiter: UInt8

  /// Looks at the first line of a table.
  ///
  /// - Parameter column: the name of the column of captions, or its number from one; nil to find it.
  /// - Throws: ``DataError/malformed(file:line:expected:found:)``.
  init(of file: TextFile, column: String? = nil, needsImage: Bool) throws {
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
    let images = roles.indices.filter { if case .image = roles[$0] { true } else { false } }
    let ids = roles.indices.filter { if case .identifier = roles[$0] { true } else { false } }
    let named = column.flatMap { wanted in names.firstIndex(of: wanted) }
    hasHeader = named != nil || (!captions.isEmpty && (!images.isEmpty || !ids.isEmpty || !needsImage))
    let places = names.indices.filter { NameIndex.stem(names[$0]) != nil }
    // Conceptual Captions puts the image last, most others first.
    image = hasHeader ? images.first ?? ids.first : places.first ?? (names.count > 1 ? 0 : nil)
    if let named {
      caption = named
    } else if let column, let number = Int(column) {
      caption = number - 1
    } else if column != nil {
      caption = -1
    } else if hasHeader {
      caption = captions.first ?? -1
    } else {
      caption = image == 0 ? names.count - 1 : needsImage ? 0 : names.count - 1
    }
    guard names.indices.contains(caption), !needsImage || (image != nil && image != caption) else {
      throw DataError.malformed(
        file: file.name, line: 1,
        expected: column.map { "a column \"\($0)\"" } ?? "an image's path and a caption in columns",
        found: names.prefix(8).map { "\"\($0.prefix(40))\"" }.joined(separator: ", "))
    }
  }
}
