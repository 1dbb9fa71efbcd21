/// Values before and after with their intervals, one pair below the other, and beside them how much each changed.
public struct ComparisonPlot: Sendable, Equatable {
  /// A value, and where it might as well lie.
  public struct Value: Sendable, Equatable {
    /// The value.
    public var value: Double
    /// Its interval; nil where that is not known.
    public var interval: ClosedRange<Double>?

    /// Creates a value.
    public init(value: Double, interval: ClosedRange<Double>? = nil) {
      self.value = value
      self.interval = interval
    }

    var extent: [Double] { [value, interval?.lowerBound ?? value, interval?.upperBound ?? value] }
  }

  /// A pair of values with its name.
  public struct Row: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// The value before.
    public var before: Value
    /// The value after.
    public var after: Value
    /// The value after less the value before.
    public var change: Value

    /// Creates a row.
    public init(name: String, before: Value, after: Value, change: Value) {
      self.name = name
      self.before = before
      self.after = after
      self.change = change
    }
  }

  /// What the plot shows, in a few words.
  public var title: String
  /// Where the numbers come from, in a sentence; empty for nothing.
  public var subtitle: String
  /// What the axis of the values measures, with its unit.
  public var axis: String
  /// What the axis of the changes measures.
  public var changeAxis: String
  /// The pairs, the first at the top.
  public var rows: [Row]

  /// Creates a plot.
  public init(title: String, subtitle: String = "", axis: String, changeAxis: String, rows: [Row]) {
    self.title = title
    self.subtitle = subtitle
    self.axis = axis
    self.changeAxis = changeAxis
    self.rows = rows
  }

  /// The plot as an SVG file; the same plot gives the same bytes.
  public var svg: String {
    let (width, margin, rowHeight) = (720.0, 24.0, 34.0)
    let titles = PlotText.lines(title, size: PlotStyle.titleWidth, limit: width - 2 * margin)
    let notes = PlotText.lines(subtitle, size: PlotStyle.smallSize, limit: width - 2 * margin)
    let names = rows.map { PlotText.shortened($0.name, size: PlotStyle.labelSize, limit: 200) }
    let changes = rows.map { Self.signed($0.change.value) }
    let nameWidth = names.map { PlotText.width($0, size: PlotStyle.labelSize) }.max() ?? 0
    let changeWidth = changes.map { PlotText.width($0, size: PlotStyle.labelSize) }.max() ?? 0
    // Names, values, changes and their numbers, side by side; two thirds of the room for the values.
    let left = margin + nameWidth + 16
    let end = width - margin - changeWidth - 16
    let middle = left + (end - left) * 0.6
    let (valueEnd, changeStart) = (middle - 18, middle + 18)
    let heading = margin + Double(titles.count) * 22 + Double(notes.count) * 17
    let top = heading + 36
    let bottom = top + Double(max(1, rows.count)) * rowHeight
    let scale = PlotScale(showing: rows.flatMap { $0.before.extent + $0.after.extent }, count: 5)
    let changeScale = PlotScale(showing: [0] + rows.flatMap(\.change.extent), count: 4)

    var image = SVGDocument(
      width: width, height: bottom + 40 + margin, title: title,
      summary: ([axis] + rows.map(Self.words)).joined(separator: "; "))
    image.heading(titles, notes, x: margin, y: margin)
    var x = left
    for (index, name) in ["before", "after"].enumerated() {
      image.circle(x: x + 6, y: heading + 16, radius: 5, style: "dot\(Self.styles[index])")
      image.text(name, x: x + 18, y: heading + 20, style: "note")
      x += 18 + PlotText.width(name, size: PlotStyle.smallSize) + 16
    }
    for (scale, start, end) in [(scale, left, valueEnd), (changeScale, changeStart, end)] {
      for tick in scale.ticks {
        let x = scale.position(tick, from: start, to: end)
        image.line(x1: x, y1: top, x2: x, y2: bottom, style: tick == 0 ? "axis" : "grid")
        image.text(scale.label(tick), x: x, y: bottom + 18, style: "tick", anchor: .middle)
      }
    }
    for (text, start, end) in [(axis, left, valueEnd), (changeAxis, changeStart, end)] {
      image.text(
        PlotText.shortened(text, size: PlotStyle.smallSize, limit: end - start + 30), x: (start + end) / 2,
        y: bottom + 40, style: "note", anchor: .middle)
    }
    for (index, row) in rows.enumerated() {
      let y = top + (Double(index) + 0.5) * rowHeight
      image.group(named: Self.words(row)) { image in
        image.text(names[index], x: margin, y: y + 4.5, style: "label")
        for (place, value) in [row.before, row.after].enumerated() {
          Self.draw(
            value, at: y + (place == 0 ? -6 : 6), style: Self.styles[place], into: &image
          ) { scale.position($0, from: left, to: valueEnd) }
        }
        Self.draw(row.change, at: y, style: Self.styles[1], into: &image) {
          changeScale.position($0, from: changeStart, to: end)
        }
        image.text(changes[index], x: width - margin, y: y + 4.5, style: "label value", anchor: .end)
      }
    }
    return image.document
  }

  /// The colours of before and after: far apart also for those who see few colours.
  private static let styles = [2, 0]

  private static func draw(
    _ value: Value, at y: Double, style: Int, into image: inout SVGDocument, place: (Double) -> Double
  ) {
    if let interval = value.interval {
      image.line(
        x1: place(interval.lowerBound), y1: y, x2: place(interval.upperBound), y2: y, style: "line\(style)")
    }
    image.circle(x: place(value.value), y: y, radius: 4.5, style: "dot\(style)")
  }

  private static func signed(_ value: Double) -> String {
    let text = SVGDocument.fixed(value, digits: 1)
    return text == "-0.0" || text == "0.0" ? "0.0" : text.hasPrefix("-") ? "−" + text.dropFirst() : "+" + text
  }

  private static func words(_ row: Row) -> String {
    let interval = row.change.interval.map {
      " (\(SVGDocument.fixed($0.lowerBound, digits: 2)) to \(SVGDocument.fixed($0.upperBound, digits: 2)))"
    }
    return "\(row.name): \(SVGDocument.fixed(row.before.value, digits: 2)) before, "
      + "\(SVGDocument.fixed(row.after.value, digits: 2)) after, change "
      + "\(SVGDocument.fixed(row.change.value, digits: 2))\(interval ?? "")"
  }
}
