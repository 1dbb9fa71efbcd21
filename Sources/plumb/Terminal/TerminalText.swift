/// Text that may hold names and captions of strangers, for a terminal.
enum TerminalText {
  /// `text` with its control characters written out, as `\x1B`: those would move the cursor, hide lines, or set the window's title. Line
  /// feeds, tabs, and the colours and weights of ``Style`` stay.
  static func shown(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var rest = text.unicodeScalars[...]
    var result = String.UnicodeScalarView()
    while let scalar = rest.first {
      if let length = markLength(rest) {
        result.append(contentsOf: rest.prefix(length))
        rest = rest.dropFirst(length)
        continue
      }
      if isControl(scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result.append(contentsOf: "\\x\(digits.count < 2 ? "0" : "")\(digits)".unicodeScalars)
      } else {
        result.append(scalar)
      }
      rest = rest.dropFirst()
    }
    return String(result)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }

  /// The length of a mark at the beginning, `ESC [ 1;31 m`; nil where there is none.
  private static func markLength(_ text: Substring.UnicodeScalarView) -> Int? {
    guard text.first == "\u{1B}", text.dropFirst().first == "[" else { return nil }
    let codes = text.dropFirst(2).prefix { $0 == ";" || ("0"..."9").contains($0) }
    return text.dropFirst(2 + codes.count).first == "m" ? codes.count + 3 : nil
  }
}
