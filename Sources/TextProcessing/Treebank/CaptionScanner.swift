/// Splits captions into tokens, one after the other. Belongs to one thread at a time.
package final class CaptionScanner {
  private let scanner = PTBScanner()
  private var units: [UInt16] = []
  private var classes: [UInt8] = []
  private let lowercase: Bool

  package init(lowercase: Bool = true) { self.lowercase = lowercase }

  /// How many states the automaton has met.
  var stateCount: Int { scanner.stateCount }

  /// Puts the tokens of `lines[index]` into `tokens`.
  ///
  /// The lines after it are looked at, too: a point before a line that begins with a capital can be the end of a
  /// sentence rather than of an abbreviation.
  package func scan(_ lines: [String], at index: Int, into tokens: inout TokenBuffer) {
    tokens.removeAll()
    units.removeAll(keepingCapacity: true)
    append(lines[index])
    let end = units.count
    appendLines(after: index, of: lines)
    var isASCII = true
    classes.removeAll(keepingCapacity: true)
    CharacterClass.table.withUnsafeBufferPointer { table in
      for unit in units {
        isASCII = isASCII && unit < 128
        classes.append(table[Int(unit)])
      }
    }
    units.withUnsafeBufferPointer { units in
      classes.withUnsafeBufferPointer { classes in
        scanner.scan(classes, until: end) { action, range in
          if lowercase, isASCII, Self.isPlain(action) {
            tokens.append(lowercasedASCII: units[range])
          } else {
            tokens.append(TreebankText.token(action, units[range], lowercase: lowercase).utf8)
          }
        }
      }
    }
    tokens.trimEnd()
  }

  /// Adds what of the next lines can matter: the line break, and what stands after it where the text ends in a
  /// point. Empty lines are skipped, but not without end.
  private func appendLines(after index: Int, of lines: [String]) {
    guard index + 1 < lines.count else { return }
    let endsInPoint = units.last { !Self.isBlank($0) } == UInt16(UInt8(ascii: "."))
    units.append(10)
    guard endsInPoint else { return }
    for line in lines[(index + 1)..<min(lines.count, index + 1 + Self.reach)] {
      let start = units.count
      append(line)
      units.append(10)
      if !units[start...].allSatisfy(Self.isBlank) { return }
    }
  }

  /// How many lines ahead the scanner looks for one that is not empty.
  private static let reach = 64

  private static func isBlank(_ unit: UInt16) -> Bool {
    unit <= 32 || unit == 0x85 || unit == 0xA0 || unit == 0x2028 || unit == 0x2029 || unit == 0x3000
      || (unit >= 0x2000 && unit <= 0x200A)
  }

  /// Adds the units of `text`, its line feeds as spaces.
  private func append(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      if bytes.allSatisfy({ $0 < 128 }) {
        for byte in bytes { units.append(byte == 10 ? 32 : UInt16(byte)) }
      } else {
        let decoded = String(decoding: bytes, as: UTF8.self)
        for unit in decoded.utf16 { units.append(unit == 10 ? 32 : unit) }
      }
    }
  }

  /// Whether the token is written as it is but for its case.
  private static func isPlain(_ action: TokenAction) -> Bool {
    switch action {
    case .word, .raw: return true
    default: return false
    }
  }
}
