/// The axes of one plot, its lines between them, and its legend above.
struct LineArea {
  private let plot: LinePlot
  private let lines: [(name: String, segments: [[LinePlot.Point]])]
  private let xScale: PlotScale
  private let yScale: PlotScale
  private let legend: PlotLegend?
  /// The height between the axes.
  private let height: Double
  private let width: Double

  /// - Parameters:
  ///   - xValues: what the lower axis shows, which may be more than the plot's own points.
  ///   - height: between the axes.
  ///   - width: of the whole image without its margins.
  init(_ plot: LinePlot, xValues: [Double], height: Double, width: Double) {
    self.plot = plot
    self.height = height
    self.width = width
    lines = plot.series.map { series in
      (
        series.name,
        series.segments.map { $0.filter { $0.x.isFinite && $0.y.isFinite } }.filter { !$0.isEmpty }
      )
    }
    let values = lines.flatMap { $0.segments.joined().map(\.y) }
    xScale = PlotScale(showing: xValues, limits: plot.xLimits)
    yScale = PlotScale(showing: values, count: height < 200 ? 3 : 5, limits: plot.yLimits)
    legend = plot.series.count > 1 ? PlotLegend(plot.series.map(\.name), width: width) : nil
  }

  private var hasSections: Bool { plot.sections.count > 1 }
  /// From the upper end to the upper axis: the legend, the left axis' name, the names of sections.
  private var above: Double { (legend?.height ?? 0) + 34 + (hasSections ? 14 : 0) }

  /// The height with everything above and below.
  var totalHeight: Double { above + height + 40 }

  /// The width of the widest number beside the left axis.
  var tickWidth: Double {
    yScale.ticks.map { PlotText.width(yScale.label($0), size: PlotStyle.smallSize) }.max() ?? 0
  }

  /// The width of the last number below the lower axis.
  var lastTickWidth: Double {
    PlotText.width(xScale.ticks.last.map(xScale.label) ?? "", size: PlotStyle.smallSize)
  }

  /// Draws everything below `top`.
  func draw(into image: inout SVGDocument, margin: Double, left: Double, right: Double, top: Double) {
    legend?.draw(into: &image, x: margin, y: top + 18)
    // The left axis is named above it, where it can be read without turning the head.
    image.text(
      PlotText.shortened(plot.yAxis, size: PlotStyle.smallSize, limit: width), x: margin,
      y: top + (legend?.height ?? 0) + 20, style: "note")
    let (upper, lower) = (top + above, top + above + height)
    for tick in yScale.ticks {
      let y = yScale.position(tick, from: lower, to: upper)
      image.line(x1: left, y1: y, x2: right, y2: y, style: tick == yScale.lowest ? "axis" : "grid")
      image.text(yScale.label(tick), x: left - 8, y: y + 4, style: "tick", anchor: .end)
    }
    for tick in xScale.ticks {
      let x = xScale.position(tick, from: left, to: right)
      image.text(xScale.label(tick), x: x, y: lower + 18, style: "tick", anchor: .middle)
    }
    image.text(
      PlotText.shortened(plot.xAxis, size: PlotStyle.smallSize, limit: width), x: (left + right) / 2,
      y: lower + 36, style: "note", anchor: .middle)
    if hasSections { drawSections(into: &image, left: left, right: right, upper: upper, lower: lower) }
    var labels = PlotLabels(left: left, right: right + 20, upper: upper - 8, lower: lower)
    for (index, line) in lines.enumerated() {
      image.group(named: line.name) { image in
        let count = line.segments.reduce(0) { $0 + $1.count }
        for (number, segment) in line.segments.enumerated() {
          let places = segment.map { point in
            (
              x: xScale.position(point.x, from: left, to: right),
              y: yScale.position(point.y, from: lower, to: upper)
            )
          }
          image.path(places, style: "line\(index % PlotStyle.seriesCount)")
          // Few points are measurements of their own; many are a curve.
          let isLast = number == line.segments.count - 1
          let dots =
            count <= 24 || places.count == 1 ? places[...] : isLast ? places.suffix(1) : places.prefix(0)
          for place in dots {
            image.circle(x: place.x, y: place.y, radius: 5, style: "dot\(index % PlotStyle.seriesCount)")
            labels.keepFree(place)
          }
        }
      }
    }
    for line in lines {
      for point in line.segments.joined() {
        guard let text = point.label else { continue }
        labels.draw(
          text, into: &image,
          at: (
            xScale.position(point.x, from: left, to: right), yScale.position(point.y, from: lower, to: upper)
          ))
      }
    }
  }

  private func drawSections(
    into image: inout SVGDocument, left: Double, right: Double, upper: Double, lower: Double
  ) {
    let starts = plot.sections.map { xScale.position($0.start, from: left, to: right) }
    for (index, section) in plot.sections.enumerated() {
      let start = max(left, starts[index])
      let end = index + 1 < starts.count ? starts[index + 1] : right
      if index > 0 { image.line(x1: start, y1: upper - 14, x2: start, y2: lower, style: "axis") }
      let name = PlotText.shortened(section.name, size: PlotStyle.smallSize, limit: end - start - 6)
      if name != "…" { image.text(name, x: start + 4, y: upper - 5, style: "note") }
    }
  }
}

/// The names of lines with their colours, in rows.
struct PlotLegend {
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

  func draw(into image: inout SVGDocument, x: Double, y: Double) {
    for (index, place) in places.enumerated() {
      let line = y + Double(place.row) * 20
      image.circle(
        x: x + place.x + 8, y: line - 4, radius: 5, style: "dot\(index % PlotStyle.seriesCount)")
      image.text(place.name, x: x + place.x + 20, y: line, style: "note")
    }
  }
}

/// Texts beside points, each where it covers no point and no other text; one for which there is no room is left out.
struct PlotLabels {
  private typealias Box = (left: Double, upper: Double, right: Double, lower: Double)
  private let bounds: Box
  private var taken: [Box] = []

  init(left: Double, right: Double, upper: Double, lower: Double) {
    bounds = (left, upper, right, lower)
  }

  /// Keeps a point's place free.
  mutating func keepFree(_ point: (x: Double, y: Double)) {
    taken.append((point.x - 6, point.y - 6, point.x + 6, point.y + 6))
  }

  mutating func draw(_ text: String, into image: inout SVGDocument, at point: (x: Double, y: Double)) {
    let width = PlotText.width(text, size: PlotStyle.smallSize)
    let places: [(x: Double, y: Double)] = [
      (point.x + 9, point.y + 4), (point.x - 9 - width, point.y + 4), (point.x - width / 2, point.y - 10),
      (point.x - width / 2, point.y + 18), (point.x + 7, point.y - 7), (point.x + 7, point.y + 15),
      (point.x - 7 - width, point.y - 7), (point.x - 7 - width, point.y + 15),
    ]
    for place in places {
      let box: Box = (place.x, place.y - 10, place.x + width, place.y + 2)
      guard box.left >= bounds.left, box.right <= bounds.right, box.upper >= bounds.upper,
        box.lower <= bounds.lower, !taken.contains(where: { Self.overlap($0, box) })
      else { continue }
      taken.append(box)
      return image.text(text, x: place.x, y: place.y, style: "tick")
    }
  }

  private static func overlap(_ a: Box, _ b: Box) -> Bool {
    a.left < b.right && b.left < a.right && a.upper < b.lower && b.upper < a.lower
  }
}
