/// Values that change along something, one line a series.
public struct LinePlot: Sendable, Equatable {
  /// A point of a line.
  public struct Point: Sendable, Equatable {
    /// Along the lower axis.
    public var x: Double
    /// Along the left axis.
    public var y: Double

    /// Creates a point.
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// A line with its name.
  public struct Series: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// Its points, in the order in which they are joined; those that are not finite are passed over.
    public var points: [Point]

    /// Creates a line.
    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// What the plot shows, in a few words.
  public var title: String
  /// Where the numbers come from, in a sentence; empty for nothing.
  public var subtitle: String
  /// What the lower axis measures, with its unit.
  public var xAxis: String
  /// What the left axis measures, with its unit.
  public var yAxis: String
  /// The lines, at most eight of which have a colour of their own.
  public var series: [Series]

  /// Creates a plot.
  public init(title: String, subtitle: String = "", xAxis: String, yAxis: String, series: [Series]) {
    self.title = title
    self.subtitle = subtitle
    self.xAxis = xAxis
    self.yAxis = yAxis
    self.series = series
  }

  /// The plot as an SVG file; the same plot gives the same bytes.
  public var svg: String {
    let width = 720.0
    let margin = 24.0
    let lines = series.map { line in (line.name, line.points.filter { $0.x.isFinite && $0.y.isFinite }) }
    let points = lines.flatMap(\.1)
    let (xScale, yScale) = (
      PlotScale(showing: points.map(\.x)), PlotScale(showing: points.map(\.y), count: 5)
    )
    let titles = PlotText.lines(title, size: PlotStyle.titleWidth, limit: width - 2 * margin)
    let notes = PlotText.lines(subtitle, size: PlotStyle.smallSize, limit: width - 2 * margin)
    let legend = series.count > 1 ? Legend(series.map(\.name), width: width - 2 * margin) : nil
    let ticks = yScale.ticks.map(yScale.label)
    let tickWidth = ticks.map { PlotText.width($0, size: PlotStyle.smallSize) }.max() ?? 0
    let left = margin + tickWidth + 8
    let lastTick = xScale.ticks.last.map(xScale.label) ?? ""
    let right = width - margin - PlotText.width(lastTick, size: PlotStyle.smallSize) / 2
    let heading = margin + Double(titles.count) * 22 + Double(notes.count) * 17
    // The left axis is named above it, where it can be read without turning the head.
    let name = heading + (legend?.height ?? 0) + 20
    let top = name + 14
    let bottom = top + 280
    var picture = SVGPicture(
      width: width, height: bottom + 40 + margin, title: title,
      summary: "\(yAxis) along \(xAxis): " + series.map(\.name).joined(separator: ", "))
    picture.heading(titles, notes, x: margin, y: margin)
    legend?.draw(into: &picture, x: margin, y: heading + 18)
    picture.text(
      PlotText.shortened(yAxis, size: PlotStyle.smallSize, limit: width - 2 * margin), x: margin, y: name,
      style: "note")
    for (tick, label) in zip(yScale.ticks, ticks) {
      let y = yScale.position(tick, from: bottom, to: top)
      picture.line(x1: left, y1: y, x2: right, y2: y, style: tick == yScale.lowest ? "axis" : "grid")
      picture.text(label, x: left - 8, y: y + 4, style: "tick", anchor: .end)
    }
    for tick in xScale.ticks {
      let x = xScale.position(tick, from: left, to: right)
      picture.text(xScale.label(tick), x: x, y: bottom + 18, style: "tick", anchor: .middle)
    }
    picture.text(
      PlotText.shortened(xAxis, size: PlotStyle.smallSize, limit: width - 2 * margin), x: (left + right) / 2,
      y: bottom + 40, style: "note", anchor: .middle)
    for (index, (name, points)) in lines.enumerated() {
      picture.group(named: name) { picture in
        let places = points.map { point in
          (
            x: xScale.position(point.x, from: left, to: right),
            y: yScale.position(point.y, from: bottom, to: top)
          )
        }
        picture.path(places, style: "line\(index % PlotStyle.seriesCount)")
        // Few points are measurements of their own; many are a curve.
        for place in places.count <= 24 ? places[...] : places.suffix(1) {
          picture.circle(x: place.x, y: place.y, radius: 5, style: "dot\(index % PlotStyle.seriesCount)")
        }
      }
    }
    return picture.document
  }
}

/// The names of lines with their colours, in rows.
private struct Legend {
  private var places: [(name: String, x: Double, row: Int)] = []
  let height: Double

  init(_ names: [String], width: Double) {
    var (x, row) = (0.0, 0)
    for name in names {
      let name = PlotText.shortened(name, size: PlotStyle.smallSize, limit: width - 24)
      let needed = 24 + PlotText.width(name, size: PlotStyle.smallSize) + 12
      if x > 0, x + needed > width { (x, row) = (0, row + 1) }
      places.append((name, x, row))
      x += needed
    }
    height = Double(row + 1) * 20
  }

  func draw(into picture: inout SVGPicture, x: Double, y: Double) {
    for (index, place) in places.enumerated() {
      let line = y + Double(place.row) * 20
      picture.circle(
        x: x + place.x + 8, y: line - 4, radius: 5, style: "dot\(index % PlotStyle.seriesCount)")
      picture.text(place.name, x: x + place.x + 20, y: line, style: "note")
    }
  }
}
