public import Plotting

extension JudgementReport {
  /// The metrics as points with their intervals, the best at the top; those without a value are left out.
  public var plot: IntervalPlot {
    let level = "\(Int((bootstrap.level * 100).rounded())) % interval over images"
    let axis = coefficient.map { "agreement with people, \($0.symbol) × 100, with its \(level)" }
    return IntervalPlot(
      title: "How well metrics agree with people", subtitle: title,
      axis: axis ?? "pairs on which metric and people agree, in %, with the \(level)",
      rows: ranked.compactMap { metric in
        leadingValue(of: metric).map { value in
          .init(
            name: metric.name, value: value * 100,
            interval: metric.interval.map { $0.lowerBound * 100...$0.upperBound * 100 })
        }
      })
  }
}
