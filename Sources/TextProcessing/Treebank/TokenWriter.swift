/// The tokens of one caption, as UTF-8 end to end. Kept between captions to spare memory requests.
package struct TokenBuffer {
  private(set) var bytes: [UInt8] = []
  private(set) var ends: [Int] = []

  package init() {}

  package var count: Int { ends.count }

  /// Whether no token can have white space inside.
  package var isASCIIWithoutControls: Bool { bytes.allSatisfy { $0 > 32 && $0 < 127 } }

  package subscript(index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  mutating func append(lowercasedASCII units: Slice<UnsafeBufferPointer<UInt16>>) {
    for unit in units {
      let byte = UInt8(truncatingIfNeeded: unit)
      bytes.append(byte >= 65 && byte <= 90 ? byte | 0x20 : byte)
    }
    ends.append(bytes.count)
  }

  mutating func append(_ token: some Sequence<UInt8>) {
    bytes.append(contentsOf: token)
    ends.append(bytes.count)
  }

  /// Drops white space at the end of the last token, and the token where nothing else is left.
  mutating func trimEnd() {
    while let end = ends.last {
      let start = ends.count > 1 ? ends[ends.count - 2] : 0
      if let last = bytes[start..<end].last, last > 0x20, last < 0x80 { return }
      let token = String(decoding: bytes[start..<end], as: UTF8.self)
      var scalars = Substring(token).unicodeScalars
      while let scalar = scalars.last, PythonText.isSpace(scalar) { scalars.removeLast() }
      let kept = Array(String(scalars).utf8)
      if kept.count == end - start, !kept.isEmpty { return }
      bytes.removeSubrange(start..<end)
      ends.removeLast()
      if !kept.isEmpty { return append(kept) }
    }
  }
}

/// What Python does with text where pycocoevalcap relies on it.
package enum PythonText {
  /// Whether `str.split` and `str.strip` take `scalar` for white space.
  package static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      return true
    default: return false
    }
  }
}

/// Writes a token as the treebank does.
enum TreebankText {
  /// The token that `action` makes of `units`, in lower case unless `lowercase` is false.
  static func token(_ action: TokenAction, _ units: Slice<UnsafeBufferPointer<UInt16>>, lowercase: Bool)
    -> String
  {
    let text = String(decoding: units, as: UTF16.self)
    let written: String
    switch action {
    case .word:
      let kept = replacing(text.unicodeScalars) { $0.value == 0xAD ? "" : nil }
      written = kept.isEmpty ? "-" : kept
    case .raw: written = text
    case .ampersands: written = withoutEntities(text)
    case .spaced: written = unbroken(text)
    case .bracketed:
      written = unbroken(text).map { $0 == "(" ? "-LRB-" : $0 == ")" ? "-RRB-" : String($0) }.joined()
    case .quotes: written = quotes(text)
    case .openingQuotes: written = text == "'" ? "`" : text == "\"" || text == "&quot;" ? "``" : text
    case .symbol:
      written = replacing(text.unicodeScalars) { symbols[$0] }
    case .fixed(let token): written = token.description
    case .cut, .sentenceEnd, .skip: written = text
    }
    return lowercase ? lowercased(written) : written
  }

  private static let symbols: [Unicode.Scalar: String] = [
    "¢": "cents", "£": "#", "\u{80}": "$", "¤": "$", "\u{20A0}": "$", "€": "$",
    "¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3",
  ]

  private static func unbroken(_ text: String) -> String {
    replacing(text.unicodeScalars) { $0 == " " ? "\u{A0}" : nil }
  }

  private static func quotes(_ text: String) -> String {
    let plain =
      text == "&quot;"
      ? "\"" : text.split(separator: "&apos;", omittingEmptySubsequences: false).joined(separator: "'")
    return replacing(plain.unicodeScalars) { scalar in
      switch scalar {
      case "\u{91}", "‘", "\u{201B}", "‹": return "`"
      case "\u{92}", "’", "›": return "'"
      case "\u{93}", "“", "«": return "``"
      case "\u{94}", "”", "»", "\"": return "''"
      default: return nil
      }
    }
  }

  private static func replacing(
    _ scalars: String.UnicodeScalarView, _ replacement: (Unicode.Scalar) -> String?
  ) -> String {
    var result = String.UnicodeScalarView()
    for scalar in scalars {
      if let other = replacement(scalar) {
        result.append(contentsOf: other.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  /// `text` with `&amp;`, in whatever case, written out.
  private static func withoutEntities(_ text: String) -> String {
    var rest = text[...]
    var written = ""
    while let character = rest.first {
      let isEntity = rest.prefix(5).lowercased() == "&amp;"
      written.append(character)
      rest = rest.dropFirst(isEntity ? 5 : 1)
    }
    return written
  }

  /// `text` in lower case as Java does it: scalar by scalar, but for a sigma that ends a word.
  static func lowercased(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for (i, scalar) in scalars.enumerated() {
      if scalar == "\u{3A3}" {
        let before = scalars[..<i].reversed().prefix(while: isPartOfWord).contains { $0.properties.isCased }
        let after = scalars[(i + 1)...].prefix(while: isPartOfWord).contains { $0.properties.isCased }
        result += before && !after ? "\u{3C2}" : "\u{3C3}"
      } else {
        result += scalar.properties.lowercaseMapping
      }
    }
    return result
  }

  private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    return properties.isAlphabetic || properties.isCaseIgnorable || properties.numericType != nil
  }
}
