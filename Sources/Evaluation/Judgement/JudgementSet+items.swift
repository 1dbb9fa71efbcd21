import Files
public import Foundation
import JSON

extension JudgementSet {
  /// Writes the captions, to be scored elsewhere: a line `{"id", "image", "candidate", "references"}` each.
  ///
  /// - Throws: `FileWriteError`.
  public func writeItems(to url: URL) throws {
    let file = try AtomicFile(url)
    for item in items {
      let line: JSONValue = [
        "id": .string(item.id), "image": .string(item.image), "candidate": .string(item.candidate),
        "references": .array(item.references.map(JSONValue.string)),
      ]
      try file.write(line.text() + "\n")
    }
    try file.commit()
  }
}
