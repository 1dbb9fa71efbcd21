/// A query with images that were marked as good and as bad.
public struct Feedback: Sendable {
  /// The embedding of the query.
  public var query: [Float]
  /// Unit embeddings of good images, and of bad ones.
  public var good: [[Float]]
  public var bad: [[Float]]

  /// Creates feedback.
  public init(query: [Float], good: [[Float]], bad: [[Float]]) {
    self.query = query
    self.good = good
    self.bad = bad
  }

  public func refinedQuery(by method: FeedbackMethod) -> [Float] {
    guard method != .text else { return query }
    var sum = query
    for one in good { for i in sum.indices { sum[i] += one[i] / Float(good.count) } }
    for one in bad { for i in sum.indices { sum[i] -= 0.5 * one[i] / Float(bad.count) } }
    return sum
  }
}
