/// ROUGE-L (Lin 2004), as pycocoevalcap 1.2 computes it: F with β = 1.2 of the largest precision and the largest
/// recall over the references, taken apart.
public struct ROUGEL: WordMetric {
  private static let beta = 1.2

  /// `rouge`.
  public static let registration = MetricRegistration(
    name: "rouge", title: "ROUGE-L", spellings: ["rougel"], needs: .references
  ) { _ in ROUGEL() }

  /// ROUGE-L.
  public var scales: [MetricScale] { [Self.scale] }

  private static let scale = MetricScale(
    name: "ROUGE-L", range: 0...1, legend: "longest common sequence of words, 0 to 1")

  /// Makes the metric.
  public init() {}

  /// The mean over the candidates, and the value of each.
  public func score(_ corpus: TokenizedCorpus) -> MetricResult { result(of: statistics(of: corpus)) }

  /// The mean over the candidates, and the value of each.
  public func results(of statistics: ItemValues) -> [MetricResult] { [result(of: statistics)] }

  private func result(of statistics: ItemValues) -> MetricResult {
    MetricResult(Self.scale, corpus: statistics.values.numpyMean, perItem: statistics.values)
  }

  /// The value of each candidate.
  public func statistics(of corpus: TokenizedCorpus) -> ItemValues {
    var subsequence = LongestCommonSubsequence(wordCount: corpus.vocabulary.count + 1)
    // An empty caption counts as one empty token there, and two of them as equal.
    let emptyCaption = [Int32(truncatingIfNeeded: corpus.vocabulary.count)]
    return ItemValues(
      (0..<corpus.count).map { item -> Double in
        var candidate = corpus.candidates.tokens(item)
        if candidate.isEmpty { candidate = emptyCaption[...] }
        var precision = 0.0
        var recall = 0.0
        for index in corpus.referenceRange(item) {
          var reference = corpus.references.tokens(index)
          if reference.isEmpty { reference = emptyCaption[...] }
          let common = Double(subsequence.length(candidate, reference))
          precision = max(precision, common / Double(candidate.count))
          recall = max(recall, common / Double(reference.count))
        }
        guard precision != 0, recall != 0 else { return 0 }
        let weight: Double = Self.beta * Self.beta
        let product: Double = (1 + weight) * precision * recall
        return product / (recall + weight * precision)
      })
  }
}
