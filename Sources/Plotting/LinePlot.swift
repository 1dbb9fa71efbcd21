/// Values that change along something, one line a series.
public struct LinePlot: Sendable, Equatable {
  /// A point of a line.
  public struct Point: Sendable, Equatable {
    /// Along the lower axis.
    public var x: Double
    /// Along the left axis.
    public var y: Double
    /// What is written beside it; nil for nothing.
    public var label: String?

    /// Creates a point.
    public init(x: Double, y: Double, label: String? = nil) {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// A line with its name.
  public struct Series: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// Its parts; the points of each are joined in their order, and those that are not finite are passed over.
    public var segments: [[Point]]

    /// Creates a line of one part.
    public init(name: String, points: [Point]) { self.init(name: name, segments: [points]) }

    /// Creates a line of several parts that are not joined.
    public init(name: String, segments: [[Point]]) {
      self.name = name
      self.segments = segments
    }
  }

  /// A part of the lower axis with a name of its own, up to the next one.
  public struct Section: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// Where it begins.
    public var start: Double

    /// Creates a part.
    public init(name: String, start: Double) {
      self.name = name
      self.start = start
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
  /// The parts of the lower axis, drawn where there are two or more.
  public var sections: [Section] = []
  /// The least and the greatest number that the lower axis can have.
  public var xLimits = -Double.infinity...Double.infinity
  /// The least and the greatest number that the left axis can have.
  public var yLimits = -Double.infinity...Double.infinity

  /// Creates a plot.
  public init(title: String, subtitle: String = "", xAxis: String, yAxis: String, series: [Series]) {
    self.title = title
    self.subtitle = subtitle
    self.xAxis = xAxis
    self.yAxis = yAxis
    self.series = series
  }

  /// The plot as an SVG file; the same plot gives the same bytes.
  public var svg: String { LinePanels(title: title, subtitle: subtitle, panels: [self]).svg }
}

/// Plots of different quantities along one lower axis, one below the other.
public struct LinePanels: Sendable, Equatable {
  /// What they show together, in a few words.
  public var title: String
  /// Where the numbers come from, in a sentence; empty for nothing.
  public var subtitle: String
  /// The plots, whose own titles and subtitles are not drawn.
  public var panels: [LinePlot]

  /// Creates an image of several plots.
  public init(title: String, subtitle: String = "", panels: [LinePlot]) {
    self.title = title
    self.subtitle = subtitle
    self.panels = panels
  }

  /// The plots as one SVG file; the same plots give the same bytes.
  public var svg: String {
    let width = 720.0
    let margin = 24.0
    let titles = PlotText.lines(title, size: PlotStyle.titleWidth, limit: width - 2 * margin)
    let notes = PlotText.lines(subtitle, size: PlotStyle.smallSize, limit: width - 2 * margin)
    // All panels have the same lower axis.
    let xValues = panels.flatMap { $0.series.flatMap { $0.segments.joined().map(\.x) } }
    let areas = panels.map {
      LineArea($0, xValues: xValues, height: panels.count > 1 ? 160 : 280, width: width - 2 * margin)
    }
    let left = margin + (areas.map(\.tickWidth).max() ?? 0) + 8
    let right = width - margin - (areas.map(\.lastTickWidth).max() ?? 0) / 2
    let heading = margin + Double(titles.count) * 22 + Double(notes.count) * 17
    let gap = 16.0
    let height = areas.reduce(heading) { $0 + $1.totalHeight + gap } - gap + margin
    let summary = panels.map {
      "\($0.yAxis) along \($0.xAxis): " + $0.series.map(\.name).joined(separator: ", ")
    }
    var image = SVGDocument(
      width: width, height: height, title: title, summary: summary.joined(separator: "; "))
    image.heading(titles, notes, x: margin, y: margin)
    var top = heading
    for area in areas {
      area.draw(into: &image, margin: margin, left: left, right: right, top: top)
      top += area.totalHeight + gap
    }
    return image.document
  }
}
