/// What stands in a file where a caption is missing.
///
/// A missing caption is never scored or embedded: it ends the work with its id and line, or is skipped and counted.
package enum MissingCaption {
  /// What pandas reads as missing in a table, and writes for it.
  private static let markers: Set<String> = [
    "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A",
    "#NA",
  ]
  private static let longestMarker = 8

  /// What a cell of a table holds in place of a caption; nil where it holds one.
  package static func found(inCell text: String) -> String? {
    if isBlank(text) { return "empty" }
    return text.utf8.count <= longestMarker && markers.contains(text.trimmed()) ? text.trimmed() : nil
  }

  /// What a JSON string holds in place of a caption; nil where it holds one. In JSON, "null" in quotes is a text, but
  /// "nan" is what Python makes of a missing value that it is told to write as a string.
  package static func found(inString text: String) -> String? {
    if text.isEmpty { return "an empty string" }
    if isBlank(text) { return "blank" }
    return text == "nan" || text == "NaN" ? "\"\(text)\"" : nil
  }

  /// Whether there is nothing but blanks; a combining mark after a blank is something.
  private static func isBlank(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
  }
}
