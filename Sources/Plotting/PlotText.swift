/// How wide texts are, as far as that can be told without the font: a little more than in common sans-serif fonts, so
/// that nothing is cut off.
enum PlotText {
  /// The width of a text in a font of some size, in the same unit.
  static func width(_ text: String, size: Double) -> Double {
    var width = 0.0
    for scalar in text.unicodeScalars {
      switch scalar {
      case "i", "l", "j", "I", ".", ",", ":", ";", "'", "|", "!", " ", "f", "t", "(", ")", "[", "]", "-":
        width += 0.36
      case "m", "w", "M", "W", "%", "@", "…", "—": width += 0.95
      case "A"..."Z", "×", "+", "=", "<", ">": width += 0.72
      default: width += scalar.value >= 0x1100 ? 1.05 : 0.6
      }
    }
    return width * size
  }

  /// A text that is at most `limit` wide, its end replaced by an ellipsis where it is wider.
  static func shortened(_ text: String, size: Double, limit: Double) -> String {
    if width(text, size: size) <= limit { return text }
    var short = text
    while !short.isEmpty, width(short + "…", size: size) > limit { short.removeLast() }
    return short + "…"
  }

  /// A text in lines that are at most `limit` wide, but for longer words, which are shortened.
  static func lines(_ text: String, size: Double, limit: Double) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : "\(line) \(word)"
      if width(longer, size: size) <= limit || line.isEmpty {
        line = longer
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { shortened($0, size: size, limit: limit) }
  }
}
