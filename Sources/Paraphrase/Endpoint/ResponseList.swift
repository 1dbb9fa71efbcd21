import Foundation
import JSON

/// The paraphrases in a model's response, one for each caption of the request.
package enum ResponseList {
  /// Reads a JSON list of strings, or of objects with a number and a text; what stands around it, such as a code fence,
  /// is passed over. A lone caption's answer may also be a line of plain text.
  ///
  /// - Returns: the texts in the order of the captions.
  /// - Throws: ``ResponseFault/malformed(_:)``.
  package static func read(_ text: String, count: Int) throws(ResponseFault) -> [String] {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let list = list(in: trimmed) else {
      guard count == 1, !trimmed.contains("["), !trimmed.contains("{") else {
        throw .malformed("answer with a JSON list of strings and nothing else")
      }
      return [plainLine(trimmed)]
    }
    guard list.count == count else {
      throw .malformed("the list had \(list.count) paraphrases where \(count) were asked for")
    }
    var texts = [String?](repeating: nil, count: count)
    for (index, element) in list.enumerated() {
      let object = element.object
      let keys = ["rewording", "text", "caption", "paraphrase", "plain", "answer"]
      guard let text = element.string ?? keys.lazy.compactMap({ object?[$0]?.string }).first else {
        throw .malformed("element \(index + 1) of the list was \(element.summary) and not a string")
      }
      // Numbers that are given count; an order that is not, too.
      let number = object?["number"]?.integer ?? index + 1
      guard (1...count).contains(number), texts[number - 1] == nil else {
        throw .malformed("the numbers of the list were not those of the captions")
      }
      texts[number - 1] = SourceCaptions.singleLine(text)
    }
    return texts.compactMap(\.self)
  }

  /// The list in an answer: from its first bracket that begins one to the bracket that ends it.
  private static func list(in text: String) -> [JSONValue]? {
    let bytes = Array(text.utf8)
    // An answer with more brackets before its list is none.
    for start in bytes.indices.lazy.filter({ bytes[$0] == UInt8(ascii: "[") }).prefix(32) {
      var scanner = JSONScanner(bytes, in: start..<bytes.count)
      guard let range = try? scanner.skipValue() else { continue }
      if let list = (try? JSONValue(parsing: bytes[range]))?.array { return list }
    }
    return nil
  }

  /// A plain answer without the quotes around it.
  private static func plainLine(_ text: String) -> String {
    var line = SourceCaptions.singleLine(text)
    if line.count > 1, line.hasPrefix("\""), line.hasSuffix("\"") {
      line = String(line.dropFirst().dropLast())
    }
    return line
  }
}
