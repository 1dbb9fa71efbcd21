import Foundation

/// An image in SVG that follows the reader's light or dark scheme and needs no font of its own.
struct SVGDocument {
  /// In units of a pixel.
  let width: Double
  let height: Double
  private var body = ""
  private let title: String
  private let summary: String

  /// Begins an image; `title` and `summary` are for those who do not see it.
  init(width: Double, height: Double, title: String, summary: String) {
    self.width = width
    self.height = height
    self.title = title
    self.summary = summary
  }

  /// How a text lies at its place.
  enum Anchor: String {
    case start
    case middle
    case end
  }

  mutating func text(
    _ text: String, x: Double, y: Double, style: String, anchor: Anchor = .start, rotated: Bool = false
  ) {
    let turn = rotated ? " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" : ""
    let place = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    body += "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\"\(place)\(turn)>"
    body += "\(Self.escaped(text))</text>\n"
  }

  mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, style: String) {
    body += "<line class=\"\(style)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" "
    body += "x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>\n"
  }

  mutating func circle(x: Double, y: Double, radius: Double, style: String) {
    body += "<circle class=\"\(style)\" cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" "
    body += "r=\"\(Self.number(radius))\"/>\n"
  }

  mutating func path(_ points: [(x: Double, y: Double)], style: String) {
    guard !points.isEmpty else { return }
    let steps = points.map { "\(Self.number($0.x)) \(Self.number($0.y))" }.joined(separator: "L")
    body += "<path class=\"\(style)\" d=\"M\(steps)\"/>\n"
  }

  /// A line of text whose pieces have styles of their own, each with a name that is shown where the pointer rests.
  mutating func spans(_ spans: [(text: String, style: String, name: String?)], x: Double, y: Double) {
    body += "<text xml:space=\"preserve\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\">"
    for span in spans {
      let name = span.name.map { "<title>\(Self.escaped($0))</title>" } ?? ""
      body += "<tspan class=\"\(span.style)\">\(name)\(Self.escaped(span.text))</tspan>"
    }
    body += "</text>\n"
  }

  /// A JPEG file within the document.
  mutating func image(jpeg: Data, x: Double, y: Double, width: Double, height: Double) {
    body += "<image x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
    body +=
      "height=\"\(Self.number(height))\" href=\"data:image/jpeg;base64,\(jpeg.base64EncodedString())\"/>\n"
  }

  /// What `draw` draws is one thing, with a name that is shown where the pointer rests.
  mutating func group(named name: String, _ draw: (inout SVGDocument) -> Void) {
    body += "<g><title>\(Self.escaped(name))</title>\n"
    draw(&self)
    body += "</g>\n"
  }

  /// The file.
  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" height="\(Self.number(height))" \
    viewBox="0 0 \(Self.number(width)) \(Self.number(height))" role="img" aria-label="\(Self.escaped(title))">
    <title>\(Self.escaped(title))</title>
    <desc>\(Self.escaped(summary))</desc>
    <style>
    \(PlotStyle.sheet)
    </style>
    <rect class="surface" width="100%" height="100%"/>
    \(body)</svg>

    """
  }

  /// A number with two digits after the point at most, whatever the locale.
  static func number(_ value: Double) -> String {
    var text = String(format: "%.2f", value.isFinite ? value : 0)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text == "-0" ? "0" : text
  }

  /// A text with what XML has a meaning for escaped, and without the characters that it does not allow.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": continue
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension SVGDocument {
  /// The title and the lines below it.
  mutating func heading(_ titles: [String], _ notes: [String], x: Double, y: Double) {
    for (index, line) in titles.enumerated() {
      text(line, x: x, y: y + 14 + Double(index) * 22, style: "title")
    }
    let below = y + Double(titles.count) * 22
    for (index, line) in notes.enumerated() {
      text(line, x: x, y: below + 12 + Double(index) * 17, style: "note")
    }
  }

  /// A number with so many digits after the point, whatever the locale.
  static func fixed(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
