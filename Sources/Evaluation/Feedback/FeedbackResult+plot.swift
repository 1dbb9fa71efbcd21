public import Plotting
import Retrieval

extension FeedbackResult {
  /// Both measures by rounds, in percent, a line a method.
  public func plot(subtitle: String = "") -> LinePanels {
    func panel(
      _ yAxis: String, _ curve: (FeedbackMethod) -> Curve, _ textCurve: (FeedbackMethod) -> Curve
    ) -> LinePlot {
      func series(_ name: String, _ curve: Curve) -> LinePlot.Series {
        let points = curve.rounds.enumerated().map { LinePlot.Point(x: Double($0), y: 100 * $1) }
        return .init(name: name, points: points)
      }
      var lines = evaluation.methods.map { series($0.rawValue, curve($0)) }
      if evaluation.methods.contains(.adaptive) {
        lines.append(series("text, same images", textCurve(.adaptive)))
      }
      var plot = LinePlot(title: "", xAxis: "rounds of marks", yAxis: yAxis, series: lines)
      (plot.xLimits, plot.yLimits) = (0...Double(evaluation.rounds), 0...100)
      return plot
    }
    return LinePanels(
      title: "Relevance feedback, \(evaluation.marks)+\(evaluation.marks) marks a round", subtitle: subtitle,
      panels: [
        panel("P@50, %", precision, textPrecision(besides:)),
        panel("average precision, %", averagePrecision, textAveragePrecision(besides:)),
      ])
  }
}
