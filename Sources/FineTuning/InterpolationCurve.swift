public import JSON
public import Plotting

extension InterpolationPoint {
  /// The point for programs.
  public var json: JSONValue {
    [
      "alpha": .number(alpha), "AO@10": .number(measures.averageOverlap), "JS@10": .number(measures.jaccard),
      "text_to_image_R@1": .number(measures.recallAt1), "text_to_image_R@10": .number(measures.recallAt10),
    ]
  }
}

extension [InterpolationPoint] {
  /// Paraphrase robustness (AO@10) against retrieval (R@10), from the original weights to the tuned ones.
  public func plot(chosen: Double) -> LinePlot {
    func point(_ point: InterpolationPoint) -> LinePlot.Point {
      LinePlot.Point(x: 100 * point.measures.recallAt10, y: 100 * point.measures.averageOverlap)
    }
    let ordered = sorted { $0.alpha < $1.alpha }
    // Neighbours at one place share a label.
    var labelled: [LinePlot.Point] = []
    var first = 0.0
    for item in ordered {
      var place = point(item)
      if let last = labelled.last, last.x == place.x, last.y == place.y {
        labelled[labelled.count - 1].label = "\(Self.text(first))–\(Self.text(item.alpha))"
      } else {
        first = item.alpha
        place.label = Self.text(first)
      }
      labelled.append(place)
      // The label stays with the last of them, so that a further neighbour finds it.
      if labelled.count > 1, place.label == nil {
        labelled[labelled.count - 1].label = labelled[labelled.count - 2].label
        labelled[labelled.count - 2].label = nil
      }
    }
    var series = [LinePlot.Series(name: "α from 0 to 1", points: labelled)]
    if let start = ordered.first { series.append(.init(name: "before", points: [point(start)])) }
    if let kept = ordered.first(where: { $0.alpha == chosen }) {
      series.append(.init(name: "chosen, α = \(Self.text(chosen))", points: [point(kept)]))
    }
    var plot = LinePlot(
      title: "Paraphrase robustness against retrieval",
      subtitle:
        "Weights between the original and the tuned text tower: (1 − α) · original + α · tuned, on the validation images.",
      xAxis: "text→image R@10, %", yAxis: "AO@10 of captions and paraphrases, %", series: series)
    (plot.xLimits, plot.yLimits) = (0...100, 0...100)
    return plot
  }

  private static func text(_ alpha: Double) -> String {
    let rounded = (alpha * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
