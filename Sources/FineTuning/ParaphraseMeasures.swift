/// What a text tower is worth on images that it was not tuned on.
public struct ParaphraseMeasures: Sendable, Equatable {
  /// AO@10: the average overlap of the rankings for a query and its paraphrase, 0 to 1.
  public var averageOverlap: Double
  /// JS@10: how many of the first ten images they share.
  public var jaccard: Double
  /// How often the image of a caption is the first.
  public var recallAt1: Double
  /// How often it is among the first ten.
  public var recallAt10: Double
}

/// Weights between the original and the tuned ones, and their validation.
public struct InterpolationPoint: Sendable, Equatable {
  /// 0 is the original model, 1 the tuned one.
  public var alpha: Double
  /// Their validation.
  public var measures: ParaphraseMeasures
}

extension [InterpolationPoint] {
  /// The point that is most robust to paraphrases (AO@10) among those whose R@10 is at most `maxRecallDrop` below the original model's.
  func best(maxRecallDrop: Double) -> InterpolationPoint? {
    guard let start = self.min(by: { $0.alpha < $1.alpha }) else { return nil }
    return filter { $0.measures.recallAt10 >= start.measures.recallAt10 - maxRecallDrop - 1e-12 }
      .max { $0.measures.averageOverlap < $1.measures.averageOverlap }
  }
}
