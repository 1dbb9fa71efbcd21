extension CaptionFileReader {
  /// A caption a line; blank lines are texts too, but for the last.
  mutating func readPlainText() throws {
    isPlainText = true
    // Of all layouts this one has the most captions: no row is made of each.
    try forEachLine { reader, line, bytes in
      guard let text = String(validating: bytes, as: UTF8.self) else {
        return try reader.rejectEncoding(line)
      }
      reader.plainText.append(CaptionList.Caption(id: "\(line)", text: text, line: line))
    }
  }

  /// `name.jpg#number`, a tab, a caption.
  mutating func readFlickrTokens() throws {
    try forEachLine { reader, line, bytes in
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        return try reader.rejectEncoding(line)
      }
      guard let (name, caption) = FlickrTokens.parts(of: text) else {
        return try reader.reject(
          .malformed(
            file: reader.file.name, line: line,
            problem: "a line such as \"image.jpg#0\", a tab and a caption must be here",
            remedy:
              "correct the line\(reader.selection.columnOption.map { ", name the columns of a table with \($0)" } ?? ""), or skip the line with --keep-going"
          ))
      }
      var row = CaptionRow(id: name, image: name, line: line)
      if let found = MissingCaption.found(inCell: caption) {
        return try reader.reject(
          .wrongType(
            file: reader.file.name, line: line, id: name, key: "caption", expected: "a caption", found: found)
        )
      }
      if reader.role == .candidates { row.candidate = caption } else { row.references = [caption] }
      reader.rows.append(row)
    }
  }

  /// Whether the first line begins with the name of an image, and so is no caption.
  var startsWithImageName: Bool {
    let line = file.bytes.prefix { $0 != 0x0A && $0 != 0x0D }
    guard
      let end = line.firstIndex(where: { $0 == 0x09 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "|") })
    else { return false }
    let name = String(decoding: line[..<end], as: UTF8.self)
    return NameIndex.stem(name) != nil && !name.contains(" ")
  }

  private mutating func rejectEncoding(_ line: Int) throws {
    try reject(
      .malformed(
        file: file.name, line: line, problem: "the line is not UTF-8",
        remedy: "convert the file with: iconv -f LATIN1 -t UTF-8"))
  }

  /// Calls `body` with every line but an empty last one, its number from one, without its end.
  private mutating func forEachLine(
    _ body: (inout CaptionFileReader, Int, ArraySlice<UInt8>) throws -> Void
  ) throws {
    let bytes = file.bytes
    var start = 0
    var line = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      line += 1
      let isPair = end > start && bytes[end - 1] == 0x0D
      try body(&self, line, bytes[start..<(isPair ? end - 1 : end)])
      start = end + 1
    }
  }
}

/// The layout of `Flickr8k.token.txt` and Flickr30k's `results_20130124.token`.
package enum FlickrTokens {
  /// Whether the first line that is not blank is one of this layout.
  package static func isLayout(of file: TextFile) -> Bool {
    let line = file.bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix { $0 != 0x0A }
    guard line.count <= 1 << 16, let (name, _) = parts(of: String(decoding: line, as: UTF8.self)) else {
      return false
    }
    // Flickr8k's own file has one name with something behind the extension, but not on its first line.
    return NameIndex.stem(name) != nil
  }

  /// The image's name and the caption of a line; nil for another kind of line.
  static func parts(of line: String) -> (name: String, caption: String)? {
    guard let tab = line.firstIndex(of: "\t"), let mark = line[..<tab].lastIndex(of: "#"),
      mark > line.startIndex, Int(line[line.index(after: mark)..<tab]) != nil
    else { return nil }
    return (String(line[..<mark]), String(line[line.index(after: tab)...]))
  }
}
