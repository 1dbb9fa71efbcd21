import CaptionData
import Files
public import Foundation
import JSON

extension TrainingSet {
  /// Captions without images: `.txt` with one a line, a column of `.tsv` or `.csv`, a key of `.jsonl`, and any other
  /// layout that `CaptionList` takes; `.gz` too.
  ///
  /// - Parameter column: the column's name or its number from one, or the key; nil for `caption`, `text` and the like,
  ///   or the last column of a table that does not name its columns.
  /// - Throws: ``DataError``, ``DatasetError``.
  public static func texts(_ files: [URL], column: String? = nil) throws -> TrainingSet {
    var set = TrainingSet(name: files.map(\.relativePath).joined(separator: ", "))
    for url in files {
      let lines = try TextLines(url)
      let name = lines.file.name
      let kind = CaptionList.isFlickrLayout(lines.file) ? "flickr" : TextLines.kind(of: url)
      var row = 0
      func add(_ caption: String) {
        row += 1
        set.append(id: "\(name):\(row)", place: .none, captions: CollectionOfOne(caption))
      }
      switch kind {
      case "tsv", "csv":
        let columns = try CaptionColumns(of: lines.file, column: column, needsImage: false)
        try columns.forEachRow(of: lines.file) { row in
          switch row {
          case .success(let row): add(row.caption)
          case .failure(let problem): set.skipped.append(SkippedItem(id: nil, reason: problem.description))
          }
        }
      case "jsonl", "ndjson":
        for (index, line) in lines.lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
          add(try jsonCaption(line, column: column, file: name, line: index + 1))
        }
      default:
        let list = try CaptionList(
          lines.file, selection: CaptionSelection(column: kind == "json" ? column : nil), keepGoing: true)
        set.skipped += list.skipped
        for caption in list.texts {
          let caption = caption.trimmingCharacters(in: .whitespaces)
          if !caption.isEmpty { add(caption) }
        }
      }
    }
    try set.checkShare(0.01, expected: "a caption a line")
    return set
  }

  private static func jsonCaption(_ text: String, column: String?, file: String, line: Int) throws -> String {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text.utf8)
    } catch let error as JSONSyntaxError {
      throw DataError.malformed(file: file, line: line, expected: "JSON", found: error.problem)
    }
    if let string = value.string { return string }
    let keys = column.map { [$0] } ?? ["caption", "text", "sentence", "title"]
    for key in keys {
      if let string = value.object?[key]?.string { return string }
    }
    throw DataError.malformed(
      file: file, line: line, expected: "a text under \"\(keys.joined(separator: "\" or \""))\"",
      found: value.summary)
  }
}
