import CaptionMetrics
public import Plotting

extension SystemReport {
  /// The differences from the baseline as points with their intervals, metric by metric.
  public var plot: IntervalPlot {
    let baseline = names.first ?? ""
    let isPair = names.count == 2
    return IntervalPlot(
      title: isPair ? "\(names[1]) against \(baseline)" : "Systems against \(baseline)",
      subtitle: "\(captionCount) captions, \(resampling.resamples) bootstrap resamples",
      axis: "difference × 100, with its 95 % interval; better than \(baseline) to the right of 0",
      rows: rows.flatMap { row in
        let sign = row.scale.direction == .higherIsBetter ? 100.0 : -100.0
        return zip(names, row.values).compactMap { name, value in
          value.difference.map { difference in
            IntervalPlot.Row(
              name: isPair ? row.scale.name : "\(row.scale.name), \(name)", value: difference.value * sign,
              interval: difference.interval.map { interval in
                let ends = [interval.lowerBound * sign, interval.upperBound * sign].sorted()
                return ends[0]...ends[1]
              })
          }
        }
      })
  }
}
