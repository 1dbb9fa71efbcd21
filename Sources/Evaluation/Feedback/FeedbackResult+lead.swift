public import Retrieval

extension FeedbackResult {
  /// How far a method is ahead of the best of the others, run by run.
  public struct Lead: Sendable, Equatable {
    /// The best of the others.
    public let other: FeedbackMethod
    /// The mean difference over all runs.
    public let difference: Double
    /// The 95 % interval of ``difference`` over queries, by bootstrap of the paired differences; nil where there are too few queries.
    public let interval: ClosedRange<Double>?
  }

  /// ``precision(_:)`` of a method less that of the best other one: after each round, the first of which is round 1, and at last of the mean over these rounds.
  public func precisionLead(of method: FeedbackMethod) -> [Lead] { leads(of: method, \.precision) }
  /// The same for ``averagePrecision(_:)``.
  public func averagePrecisionLead(of method: FeedbackMethod) -> [Lead] {
    leads(of: method, \.averagePrecision)
  }

  /// Empty where the method was not measured, or no other was.
  private func leads(
    of method: FeedbackMethod, _ value: (FeedbackEvaluation.Measure) -> Double
  ) -> [Lead] {
    let others = evaluation.methods.filter { $0 != method }
    guard evaluation.methods.contains(method), !others.isEmpty, evaluation.rounds > 0, !measures.isEmpty
    else { return [] }
    // By method and run: the rounds after the first ranking, and their mean.
    func columns(_ method: FeedbackMethod) -> [[Double]] {
      measures.map { run in
        let rounds = (run[method] ?? []).dropFirst().map(value)
        return rounds + [rounds.reduce(0, +) / Double(evaluation.rounds)]
      }
    }
    let own = columns(method)
    let theirs = others.map { (method: $0, columns: columns($0)) }
    let queries = Dictionary(grouping: queryOfRun.indices) { queryOfRun[$0] }
      .sorted { $0.key < $1.key }.map(\.value)
    return (0...evaluation.rounds).map { column in
      func total(_ columns: [[Double]]) -> Double { columns.reduce(0) { $0 + $1[column] } }
      // Of equal ones the first: the order of the methods does not depend on chance.
      let best = theirs.dropFirst().reduce(theirs[0]) { total($1.columns) > total($0.columns) ? $1 : $0 }
      let differences = queries.map { runs in
        (sum: runs.reduce(0) { $0 + own[$1][column] - best.columns[$1][column] }, count: runs.count)
      }
      return Lead(
        other: best.method, difference: (total(own) - total(best.columns)) / Double(measures.count),
        interval: Self.interval(ofMeanOf: differences))
    }
  }
}
