/// Values as points with their intervals, one below the other.
///
/// ```swift
/// let plot = IntervalPlot(title: "Agreement", axis: "Kendall's τ-c × 100", rows: rows)
/// try plot.svg.write(to: url, atomically: true, encoding: .utf8)
/// ```
public struct IntervalPlot: Sendable, Equatable {
  /// A value with its name.
  public struct Row: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// The value.
    public var value: Double
    /// Where it might as well lie; nil where that is not known.
    public var interval: ClosedRange<Double>?

    /// Creates a row.
    public init(name: String, value: Double, interval: ClosedRange<Double>? = nil) {
      self.name = name
      self.value = value
      self.interval = interval
    }
  }

  /// What the plot shows, in a few words.
  public var title: String
  /// Where the numbers come from, in a sentence; empty for nothing.
  public var subtitle: String
  /// What the axis measures, with its unit.
  public var axis: String
  /// The values, the first at the top.
  public var rows: [Row]

  /// Creates a plot.
  public init(title: String, subtitle: String = "", axis: String, rows: [Row]) {
    self.title = title
    self.subtitle = subtitle
    self.axis = axis
    self.rows = rows
  }

  /// The plot as an SVG file; the same plot gives the same bytes.
  public var svg: String {
    let width = 720.0
    let margin = 24.0
    let rowHeight = 30.0
    let titles = PlotText.lines(title, size: PlotStyle.titleWidth, limit: width - 2 * margin)
    let notes = PlotText.lines(subtitle, size: PlotStyle.smallSize, limit: width - 2 * margin)
    let names = rows.map { PlotText.shortened($0.name, size: PlotStyle.labelSize, limit: 240) }
    let values = rows.map { SVGDocument.fixed($0.value, digits: 1) }
    let nameWidth = names.map { PlotText.width($0, size: PlotStyle.labelSize) }.max() ?? 0
    let valueWidth = values.map { PlotText.width($0, size: PlotStyle.labelSize) }.max() ?? 0
    let left = margin + nameWidth + 16
    let right = width - margin - valueWidth - 16
    let top = margin + Double(titles.count) * 22 + Double(notes.count) * 17 + 12
    let bottom = top + Double(max(1, rows.count)) * rowHeight
    let axisTitles = PlotText.lines(axis, size: PlotStyle.smallSize, limit: width - 2 * margin)
    let scale = PlotScale(
      showing: rows.flatMap {
        [$0.value, $0.interval?.lowerBound ?? $0.value, $0.interval?.upperBound ?? $0.value]
      })

    var image = SVGDocument(
      width: width, height: bottom + 28 + Double(axisTitles.count) * 17 + margin - 8, title: title,
      summary: summary)
    image.heading(titles, notes, x: margin, y: margin)
    for tick in scale.ticks {
      let x = scale.position(tick, from: left, to: right)
      image.line(x1: x, y1: top, x2: x, y2: bottom, style: tick == 0 ? "axis" : "grid")
      image.text(scale.label(tick), x: x, y: bottom + 18, style: "tick", anchor: .middle)
    }
    for (index, title) in axisTitles.enumerated() {
      image.text(
        title, x: (left + right) / 2, y: bottom + 40 + Double(index) * 17, style: "note", anchor: .middle)
    }
    for (index, row) in rows.enumerated() {
      let y = top + (Double(index) + 0.5) * rowHeight
      image.group(named: Self.words(row)) { image in
        image.text(names[index], x: margin, y: y + 4.5, style: "label")
        if let interval = row.interval {
          image.line(
            x1: scale.position(interval.lowerBound, from: left, to: right), y1: y,
            x2: scale.position(interval.upperBound, from: left, to: right), y2: y, style: "line0")
        }
        image.circle(x: scale.position(row.value, from: left, to: right), y: y, radius: 6, style: "dot0")
        image.text(values[index], x: width - margin, y: y + 4.5, style: "label value", anchor: .end)
      }
    }
    return image.document
  }

  private static func words(_ row: Row) -> String {
    let interval = row.interval.map {
      " (\(SVGDocument.fixed($0.lowerBound, digits: 2)) to \(SVGDocument.fixed($0.upperBound, digits: 2)))"
    }
    return "\(row.name): \(SVGDocument.fixed(row.value, digits: 2))\(interval ?? "")"
  }

  private var summary: String {
    ([axis] + rows.map(Self.words)).joined(separator: "; ")
  }
}
