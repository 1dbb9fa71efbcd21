import CaptionData
import Foundation

/// A table of Mechanical Turk as Composite has them: semicolons between, and in each row, from the field with the
/// image's address on, the captions and then their ratings.
struct CompositeTable {
  struct Row {
    var line: Int
    /// The last part of the image's address.
    var image: String
    var candidates: [String]
    var ratings: [Double]
  }

  /// The file as the user named it.
  let file: String
  private(set) var rows: [Row] = []

  init(_ url: URL, captionCount: Int) throws {
    let text = try TextFile(contentsOf: url)
    file = text.name
    var line = 0
    // Rows without an image end the published tables; between others they are an error.
    var lastBare: Int?
    for bytes in text.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      let content = String(decoding: bytes, as: UTF8.self).trimmed()
      if line == 1 || content.isEmpty { continue }
      let fields = Self.fields(content)
      guard let start = fields.firstIndex(where: { $0.hasPrefix("http") && $0.contains("/") }) else {
        lastBare = lastBare ?? line
        continue
      }
      if let bare = lastBare {
        throw JudgementError.malformed(
          file: file, line: bare, problem: "there is no address of an image in the row")
      }
      let values = fields[(start + 1)...]
      guard values.count >= 2 * captionCount else {
        throw JudgementError.malformed(
          file: file, line: line,
          problem: "\(captionCount) captions and as many ratings must follow the image, and there are "
            + "\(values.count) fields")
      }
      let candidates = Array(values.prefix(captionCount))
      let ratings = try values.dropFirst(captionCount).prefix(captionCount).enumerated().map { place, field in
        guard let rating = Double(field), rating.isFinite else {
          throw JudgementError.notANumber(
            file: text.name, line: line, key: "rating \(place + 1)", found: "\"\(field)\"")
        }
        return rating
      }
      let image = fields[start].split(separator: "/").last.map(String.init) ?? fields[start]
      rows.append(Row(line: line, image: image, candidates: candidates, ratings: ratings))
    }
    guard !rows.isEmpty else { throw JudgementError.nothingToJudge(file: file) }
  }

  /// The fields of a row, without the quotes that some writers put around them.
  private static func fields(_ line: String) -> [String] {
    line.split(separator: ";", omittingEmptySubsequences: false).map { field in
      var field = String(field).trimmed()
      if field.count >= 2, field.hasPrefix("\""), field.hasSuffix("\"") {
        field = String(field.dropFirst().dropLast()).replacingOccurrences(of: "\"\"", with: "\"").trimmed()
      }
      return field
    }
  }
}
