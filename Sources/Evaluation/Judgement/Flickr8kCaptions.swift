import CaptionData
import Foundation

/// `Flickr8k.token.txt` or Flickr30k's `results_20130124.token`: `image.jpg#0`, a tab, the caption.
struct Flickr8kCaptions {
  /// The file as the user named it.
  let file: String
  private var captions: [String: String] = [:]
  /// The captions of each image.
  private(set) var all: [String: [String]] = [:]

  init(_ url: URL) throws {
    let table = TabbedLines(file: try TextFile(contentsOf: url))
    file = table.file.name
    try table.forEach(columns: 2) { line, fields in
      let id = fields[0]
      guard let mark = id.lastIndex(of: "#") else {
        throw JudgementError.malformed(
          file: table.file.name, line: line,
          problem: "\"\(id)\" is no caption's id such as \"image.jpg#0\"")
      }
      captions[id] = fields[1].trimmed()
      all[String(id[..<mark]), default: []].append(fields[1].trimmed())
    }
  }

  /// The caption of an id.
  func caption(_ id: String, file: String, line: Int) throws -> String {
    guard let caption = captions[id] else {
      throw JudgementError.unknown(file: file, line: line, what: "caption", id: id, missingIn: self.file)
    }
    return caption
  }

  /// The captions of an image.
  func references(_ image: String, file: String, line: Int) throws -> [String] {
    guard let references = all[image] else {
      throw JudgementError.unknown(file: file, line: line, what: "image", id: image, missingIn: self.file)
    }
    return references
  }
}
