import Foundation
import Plotting
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PlotTests {
  @Test(arguments: [
    ([0.0, 1], [0, 0.2, 0.4, 0.6, 0.8, 1], 1), ([28.9, 45.8], [25, 30, 35, 40, 45, 50], 0),
    ([-0.013, 0.021], [-0.02, -0.01, 0, 0.01, 0.02, 0.03], 2),
    ([0, 125_000], [0, 50000, 100_000, 150_000], 0), ([1, 4], [1, 2, 3, 4], 0),
    ([5, 5], [4.4, 4.6, 4.8, 5, 5.2, 5.4, 5.6], 1),
  ])
  func ticksAreRoundAndHoldAllValues(values: [Double], ticks: [Double], digits: Int) {
    let scale = PlotScale(showing: values)
    #expect(scale.ticks.count == ticks.count, "\(scale.ticks)")
    #expect(zip(scale.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 }, "\(scale.ticks)")
    #expect(scale.digits == digits)
    #expect(values.allSatisfy { scale.lowest <= $0 && $0 <= scale.highest })
  }

  @Test(arguments: [[], [Double.nan], [.infinity, 1], [1e-300, 2e-300], [-1e299, 1e299], [0, 0]])
  func anyNumbersMakeAnAxis(values: [Double]) {
    let scale = PlotScale(showing: values)
    #expect(scale.lowest < scale.highest)
    #expect((2...101).contains(scale.ticks.count))
    #expect(scale.ticks.allSatisfy { $0.isFinite })
  }

  private func parse(_ svg: String) -> [String: Int] {
    final class Counter: NSObject, XMLParserDelegate {
      var counts: [String: Int] = [:]
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
      ) {
        counts[name, default: 0] += 1
        for key in ["x", "x1", "x2", "cx"] {
          guard let value = attributes[key].flatMap(Double.init) else { continue }
          if !(0...720).contains(value) { counts["outside", default: 0] += 1 }
        }
      }
    }
    let counter = Counter()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = counter
    return parser.parse() ? counter.counts : [:]
  }

  @Test func metricsArePointsWithIntervals() {
    let rows: [IntervalPlot.Row] = [
      .init(name: "CIDEr", value: 43.9, interval: 42...45.8),
      .init(name: "<mine> & \"yours\" \u{1}", value: 30.1, interval: 28...32.5),
      .init(name: String(repeating: "a very long name ", count: 20), value: -3),
    ]
    let plot = IntervalPlot(title: "T", subtitle: "S", axis: "τ × 100", rows: rows)
    let counts = parse(plot.svg)
    #expect(counts["circle"] == 3)
    #expect(counts["outside"] == nil)
    #expect(plot.svg == plot.svg)
    #expect(plot.svg.contains("prefers-color-scheme:dark"))
    #expect(plot.svg.contains("&lt;mine&gt; &amp; &quot;yours&quot;"))
    #expect(!plot.svg.contains("@import") && !plot.svg.contains("url("))
    #expect(parse(IntervalPlot(title: "", axis: "", rows: []).svg)["svg"] == 1)
  }

  @Test func linesPassOverWhatIsNoNumber() {
    let points = [(0.0, 1.0), (1, .nan), (2, 3)].map { LinePlot.Point(x: $0.0, y: $0.1) }
    let series = (0..<10).map { LinePlot.Series(name: "run \($0)", points: points) }
    let plot = LinePlot(title: "T", xAxis: "steps", yAxis: "loss", series: series)
    let counts = parse(plot.svg)
    #expect(counts["path"] == 10)
    // Two points and a mark in the legend each.
    #expect(counts["circle"] == 30)
    #expect(counts["outside"] == nil)
    #expect(!plot.svg.contains("nan"))
    #expect(parse(LinePlot(title: "", xAxis: "", yAxis: "", series: []).svg)["svg"] == 1)
  }

  @Test func partsOfALineAreNotJoinedAndSectionsAreSetApart() {
    func points(_ from: Int, _ count: Int) -> [LinePlot.Point] {
      (from..<from + count).map { LinePlot.Point(x: Double($0), y: Double($0 % 7)) }
    }
    var plot = LinePlot(
      title: "T", xAxis: "steps", yAxis: "loss",
      series: [.init(name: "loss", segments: [points(1, 100), points(101, 50), points(151, 1)])])
    #expect(parse(plot.svg)["path"] == 3)
    let lines = parse(plot.svg)["line"] ?? 0
    plot.sections = [
      .init(name: "image", start: 0), .init(name: "text", start: 100), .init(name: "both", start: 150),
    ]
    // A line before the second and before the third, and a name for each.
    #expect(parse(plot.svg)["line"] == lines + 2)
    for name in ["image", "text"] { #expect(plot.svg.contains(">\(name)</text>")) }
    // The last point of the line, which is a part of its own.
    #expect(parse(plot.svg)["circle"] == 1)
    let panels = LinePanels(title: "Training", panels: [plot, plot, plot])
    #expect(parse(panels.svg)["path"] == 9 && parse(panels.svg)["outside"] == nil)
    #expect(panels.svg.components(separatedBy: ">steps</text>").count == 4)
  }

  @Test func noTickLiesBeyondWhatCanBe() {
    for values in [[100.0], [99.7, 100], [12, 100], [0, 100], [0]] {
      let scale = PlotScale(showing: values, limits: 0...100)
      #expect(scale.highest <= 100 && scale.lowest >= 0 && scale.ticks.count > 1, "\(values): \(scale.ticks)")
    }
    #expect(PlotScale(showing: [100]).highest > 100)
    // A number that cannot be is shown all the same.
    #expect(PlotScale(showing: [50, 104], limits: 0...100).highest >= 104)
  }

  @Test func pointsHaveLabelsWhereThereIsRoom() {
    func labels(_ step: Double) -> Int {
      let points = (0...10).map {
        LinePlot.Point(x: Double($0) * step, y: Double($0) * step, label: "α\($0)")
      }
      let series: [LinePlot.Series] = [
        .init(name: "a", points: points), .init(name: "b", points: [.init(x: 100, y: 100)]),
      ]
      let plot = LinePlot(title: "", xAxis: "", yAxis: "", series: series)
      return plot.svg.components(separatedBy: ">α").count - 1
    }
    #expect(labels(10) == 11)
    #expect((1...8).contains(labels(0.01)), "\(labels(0.01)) labels of points that lie upon each other")
  }
}
