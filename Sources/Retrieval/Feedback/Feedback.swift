/// A query with the embeddings of images that were marked as good and as bad.
///
/// ```swift
/// let feedback = Feedback(query: text, good: [liked], bad: [disliked])
/// let query = feedback.refinedQuery(by: .rocchio)
/// let hits = try search.nearest(10, to: [query])
/// ```
public struct Feedback: Sendable {
  /// The embedding of the query, of unit length: q.
  public let query: [Float]
  /// The unit embeddings of good images.
  public let good: [[Float]]
  /// The unit embeddings of bad images.
  public let bad: [[Float]]

  /// The most marks of each kind that are learnt from; of more, the last ones count.
  public static let mostMarks = 256

  /// Takes a query of any length but zero, and marks.
  public init(query: [Float], good: [[Float]], bad: [[Float]]) {
    let squares = query.reduce(0.0) { $0 + Double($1) * Double($1) }
    self.query = squares > 0 ? query.map { Float(Double($0) / squares.squareRoot()) } : query
    self.good = good.suffix(Self.mostMarks)
    self.bad = bad.suffix(Self.mostMarks)
  }

  /// A better query. It depends on nothing but the marks and the statistics, and is the same on every run.
  ///
  /// - Parameter statistics: needed where the method ``FeedbackMethod/needsStatistics``; without them Rocchio's method is used.
  public func refinedQuery(
    by method: FeedbackMethod, _ statistics: CatalogueStatistics? = nil
  ) -> RefinedQuery {
    guard method != .text, !good.isEmpty || !bad.isEmpty else { return .embedding(query) }
    if method == .knn { return .nearest(query: query, good: good, bad: bad) }
    // What learns from both kinds of marks needs both.
    let hasBoth = !good.isEmpty && !bad.isEmpty
    let vector =
      switch method {
      case .adaptive, .branches: statistics.map(adaptive) ?? rocchio(good: 4, bad: 4)
      case .logistic where hasBoth: logistic()
      case .anchored: anchored()
      case .svm where hasBoth: supportVectors()
      case .logistic, .svm: rocchio(good: 1, bad: 0.5)
      default: rocchio(good: 4, bad: 4)
      }
    return .embedding(vector.map { Float($0) })
  }

  /// q + a · mean of the good images − b · mean of the bad ones (Rocchio 1971).
  func rocchio(good a: Double, bad b: Double) -> [Double] {
    var sum = query.map(Double.init)
    for (marks, weight) in [(good, a), (bad, -b)] where !marks.isEmpty {
      for (place, number) in Self.mean(marks).enumerated() { sum[place] += weight * number }
    }
    return sum
  }

  static func mean(_ marks: [[Float]]) -> [Double] {
    var sum = [Double](repeating: 0, count: marks.first?.count ?? 0)
    for mark in marks {
      for (place, number) in mark.enumerated() { sum[place] += Double(number) }
    }
    return sum.map { $0 / Double(max(1, marks.count)) }
  }
}
