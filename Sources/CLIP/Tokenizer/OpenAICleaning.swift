/// open_clip's cleaning: see ``TextCleaning/openAI``.
struct OpenAICleaning: Sendable {
  private static let shared = OpenAICleaning()

  private let ligatures = CleaningTable.replacements(CleaningTables.ligatures)
  private let widths = CleaningTable.replacements(CleaningTables.widths)
  private let c1Controls = CleaningTable.replacements(CleaningTables.c1Controls)

  /// The cleaned UTF-8 of `text`.
  static func clean(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    // Nothing is repaired in ASCII without ampersands and controls, and its white space is ASCII's.
    let isPlain = text.allSatisfy { byte in
      byte < 0x7F && byte != 0x26
        && (byte >= 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0C || byte == 0x0D)
    }
    if isPlain, let output = TextNormalizer.normalizeASCII(text) { return output }
    let repaired = shared.repair(UTF8Coding.scalars(of: text))
    let unescaped = HTMLUnescaping.shared.unescape(HTMLUnescaping.shared.unescape(repaired))
    var bytes: [UInt8] = []
    for scalar in lowercase(joinWords(unescaped)) { UTF8Coding.encode(scalar, into: &bytes) }
    return bytes
  }

  /// Words with single spaces between them.
  private static func joinWords(_ text: [UInt32]) -> [UInt32] {
    Array(text.split(whereSeparator: PythonText.isSpace).joined(separator: [0x20]))
  }

  /// Python's `str.lower`: letter by letter, but a sigma that ends a word becomes final.
  private static func lowercase(_ text: [UInt32]) -> [UInt32] {
    var output: [UInt32] = []
    output.reserveCapacity(text.count)
    for (index, scalar) in text.enumerated() {
      if scalar == 0x3A3 {
        output.append(PythonText.isFinalSigma(text, at: index) ? 0x3C2 : 0x3C3)
      } else {
        UnicodeClasses.shared.appendLowercase(of: scalar, to: &output)
      }
    }
    return output
  }

  /// `ftfy.fix_text` without `fix_encoding`: line by line, until nothing changes.
  private func repair(_ text: [UInt32]) -> [UInt32] {
    let longestSegment = 1_000_000
    var output: [UInt32] = []
    output.reserveCapacity(text.count)
    var unescapes = true
    var start = 0
    while start < text.count {
      let lineEnd = text[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? text.count
      let end = min(lineEnd, start + longestSegment)
      // From the first "<" on, the text is taken for HTML whose entities are meant.
      if unescapes, text[start..<end].contains(0x3C) { unescapes = false }
      var line = Array(text[start..<end])
      while true {
        let repaired = repairOnce(line, unescapes: unescapes)
        if repaired == line { break }
        line = repaired
      }
      output.append(contentsOf: line)
      start = end
    }
    return output
  }

  private func repairOnce(_ line: [UInt32], unescapes: Bool) -> [UInt32] {
    var text = unescapes ? HTMLUnescaping.shared.unescapeTerminated(line) : line
    text = replace(text, c1Controls)
    text = replace(text, ligatures)
    text = replace(text, widths).map { 0xFF01...0xFF5E ~= $0 ? $0 - 0xFEE0 : $0 }
    text = text.map { scalar in
      switch scalar {
      case 0x201C...0x201F: 0x22
      case 0x2BC, 0x2018...0x201B: 0x27
      default: scalar
      }
    }
    text = text.enumerated().compactMap { index, scalar in
      switch scalar {
      case 0x0D: index + 1 < text.count && text[index + 1] == 0x0A ? nil : 0x0A
      case 0x85, 0x2028, 0x2029: 0x0A
      default: scalar
      }
    }
    text = removeTerminalEscapes(text)
    text.removeAll(where: Self.isUnwantedControl)
    CanonicalComposition.normalize(&text, classes: UnicodeClasses.shared)
    return text
  }

  private func replace(_ text: [UInt32], _ table: [UInt32: [UInt32]]) -> [UInt32] {
    guard text.contains(where: { table[$0] != nil }) else { return text }
    return text.flatMap { table[$0] ?? [$0] }
  }

  /// Without `ESC [ digits and semicolons, a letter`.
  private func removeTerminalEscapes(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(0x1B) else { return text }
    var output: [UInt32] = []
    var position = 0
    while position < text.count {
      if text[position] == 0x1B, position + 1 < text.count, text[position + 1] == 0x5B {
        var end = position + 2
        while end < text.count, text[end] == 0x3B || PythonText.isDigit(text[end]) { end += 1 }
        if end < text.count, (text[end] | 0x20) &- 0x61 < 26 {
          position = end + 1
          continue
        }
      }
      output.append(text[position])
      position += 1
    }
    return output
  }

  private static func isUnwantedControl(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x00...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
    default: false
    }
  }
}

/// What Python's strings take for space, digit and cased letter.
package enum PythonText {
  /// `str.isspace`, which counts four separators among the controls.
  static func isSpace(_ scalar: UInt32) -> Bool {
    0x1C...0x1F ~= scalar || UnicodeClasses.shared.flags(of: scalar) & UnicodeClasses.whitespace != 0
  }

  /// `\d`.
  static func isDigit(_ scalar: UInt32) -> Bool {
    Unicode.Scalar(scalar)?.properties.generalCategory == .decimalNumber
  }

  /// Whether the capital sigma at `index` has a letter before it and none after, marks and the like aside.
  static func isFinalSigma(_ text: [UInt32], at index: Int) -> Bool {
    func isCased(_ scalar: UInt32?) -> Bool {
      scalar.flatMap(Unicode.Scalar.init)?.properties.isCased ?? false
    }
    func matters(_ scalar: UInt32) -> Bool {
      !(Unicode.Scalar(scalar)?.properties.isCaseIgnorable ?? false)
    }
    return isCased(text[..<index].last(where: matters))
      && !isCased(text[(index + 1)...].first(where: matters))
  }
}
