public import Foundation

/// An image with captions below it whose words are coloured by how well the image supports them.
public struct CaptionPlot: Sendable {
  /// How well a piece of a caption is supported.
  public enum Style: String, Sendable, CaseIterable {
    case supported, doubtful, unsupported
    /// Function words, punctuation and blanks.
    case unjudged
  }

  /// A piece of a caption: a word, or what stands between words.
  public struct Piece: Sendable, Equatable {
    /// The text.
    public var text: String
    /// How it is drawn.
    public var style: Style
    /// What is shown where the pointer rests; nil for nothing.
    public var note: String?

    /// Creates a piece.
    public init(_ text: String, style: Style, note: String? = nil) {
      self.text = text
      self.style = style
      self.note = note
    }
  }

  /// A caption with what stands in front of it, such as its score.
  public struct Caption: Sendable, Equatable {
    /// A short label.
    public var label: String
    /// The caption from first to last.
    public var pieces: [Piece]

    /// Creates a caption.
    public init(label: String, pieces: [Piece]) {
      self.label = label
      self.pieces = pieces
    }
  }

  /// What the plot shows, for those who do not see it.
  public var title: String
  /// The image as a JPEG file, with its size in pixels.
  public var image: (jpeg: Data, width: Int, height: Int)
  /// The captions.
  public var captions: [Caption]
  /// What the styles mean.
  public var legend: [(style: Style, meaning: String)]

  /// Creates a plot.
  public init(
    title: String, image: (jpeg: Data, width: Int, height: Int), captions: [Caption],
    legend: [(style: Style, meaning: String)]
  ) {
    self.title = title
    self.image = image
    self.captions = captions
    self.legend = legend
  }

  private static let width = 640.0
  private static let margin = 20.0
  private static let textSize = 15.0
  private static let lineHeight = 23.0

  /// The plot as an SVG file; the same plot gives the same bytes.
  public var svg: String {
    let inner = Self.width - 2 * Self.margin
    let scale = min(inner / Double(max(1, image.width)), 480 / Double(max(1, image.height)))
    let (imageWidth, imageHeight) = (Double(image.width) * scale, Double(image.height) * scale)
    let indent = 12 + (captions.map { PlotText.width($0.label, size: Self.textSize) }.max() ?? 0)
    let lines = captions.map { Self.lines($0.pieces, limit: inner - indent) }
    let lineCount = lines.reduce(0) { $0 + $1.count }
    let top = Self.margin + imageHeight + 12
    let bottom = top + Double(lineCount) * Self.lineHeight + Double(captions.count) * 4
    var document = SVGDocument(
      width: Self.width, height: bottom + Double(legend.count) * 19 + Self.margin, title: title,
      summary: captions.map { $0.pieces.map(\.text).joined() }.joined(separator: "\n"))
    document.image(
      jpeg: image.jpeg, x: (Self.width - imageWidth) / 2, y: Self.margin, width: imageWidth,
      height: imageHeight)
    var y = top
    for (caption, lines) in zip(captions, lines) {
      document.text(caption.label, x: Self.margin, y: y + 16, style: "label")
      for line in lines {
        document.spans(
          line.map { ($0.text, $0.style.rawValue, $0.note) }, x: Self.margin + indent, y: y + 16)
        y += Self.lineHeight
      }
      y += 4
    }
    for (index, entry) in legend.enumerated() {
      document.spans(
        [("word", entry.style.rawValue, nil), ("  \(entry.meaning)", "note", nil)], x: Self.margin,
        y: bottom + 12 + Double(index) * 19)
    }
    return document.document
  }

  /// Pieces in lines of at most `limit`, broken at blanks.
  private static func lines(_ pieces: [Piece], limit: Double) -> [[Piece]] {
    var lines: [[Piece]] = [[]]
    var width = 0.0
    for piece in pieces {
      let text = PlotText.shortened(piece.text, size: textSize, limit: limit)
      let own = PlotText.width(text, size: textSize)
      let isBlank = text.allSatisfy(\.isWhitespace)
      if width + own > limit, width > 0 {
        lines.append([])
        width = 0
      }
      if isBlank, width == 0 { continue }
      lines[lines.count - 1].append(Piece(text, style: piece.style, note: piece.note))
      width += own
    }
    return lines
  }
}
