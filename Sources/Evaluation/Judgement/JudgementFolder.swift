import CaptionData
import Foundation

/// The folder with the files of a published set, which people unpack in more than one way.
struct JudgementFolder {
  let folder: URL
  let set: JudgementProtocol

  init(_ folder: URL, set: JudgementProtocol) {
    self.folder = folder
    self.set = set
  }

  /// The first of some paths within the folder that is there.
  func find(_ names: [String], under folders: [String] = []) -> URL? {
    for folder in [""] + folders {
      for name in names {
        let url = self.folder.appendingPathComponent(folder.isEmpty ? name : "\(folder)/\(name)")
        if FileManager.default.fileExists(atPath: url.path) { return url }
      }
    }
    return nil
  }

  /// That something is not there.
  func missing(_ expected: String) -> JudgementError {
    .missingFile(set: set.rawValue, folder: folder.relativePath, expected: expected)
  }
}

/// The lines of a table without a header: columns with tabs between, as Flickr8k's files have them.
struct TabbedLines {
  let file: TextFile

  /// Calls `body` with the number of every line that is not blank, and with its columns.
  func forEach(columns: Int, _ body: (Int, [String]) throws -> Void) throws {
    var line = 0
    for bytes in file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      line += 1
      guard let text = String(validating: bytes, as: UTF8.self)?.trimmed() else {
        throw JudgementError.malformed(file: file.name, line: line, problem: "the line is not UTF-8")
      }
      if text.isEmpty { continue }
      let fields = text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == columns else {
        throw JudgementError.malformed(
          file: file.name, line: line,
          problem: "\(columns) columns with tabs between are expected, and \(fields.count) found")
      }
      try body(line, fields)
    }
  }

  /// The number in a column.
  func number(_ text: String, _ key: String, line: Int) throws -> Double {
    guard let number = Double(text.trimmed()), number.isFinite else {
      throw JudgementError.notANumber(file: file.name, line: line, key: key, found: "\"\(text)\"")
    }
    return number
  }
}

extension String {
  /// The words with one space between, as the authors' `' '.join(text.split())` makes them.
  var singleSpaced: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
