import CaptionMetrics
import Foundation
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
}
