public import CLIP

/// A metric that is one number a caption, made by a definition of CLIPScore from the cosines of embeddings.
public protocol CLIPScoreMetric: CaptionMetric where Statistics == ItemValues {
  /// How cosines become a score.
  var formula: CLIPScoreFormula { get }

  /// What the scores are called, and where they lie.
  var scale: MetricScale { get }

  /// Makes the metric.
  init(_ formula: CLIPScoreFormula)
}

extension CLIPScoreMetric {
  /// Makes the metric of a definition for the embeddings of a model, with the model's own range where it has one.
  public init(for embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel) {
    self.init(CLIPScoreFormula(definition, calibration: embedder.scoreCalibration))
  }

  /// The one scale.
  public var scales: [MetricScale] { [scale] }

  /// What the definition puts before captions and references.
  public var captionPrefix: String { formula.definition.prefix }

  /// The mean as the definition makes it, and the score of each caption.
  public func results(of statistics: ItemValues) -> [MetricResult] {
    [
      MetricResult(
        scale, corpus: formula.definition.corpusScore(statistics.values), perItem: statistics.values)
    ]
  }

  /// The scores, of which the definition makes the value of the corpus.
  public func sums(of statistics: ItemValues) -> CorpusSums {
    let definition = formula.definition
    return CorpusSums(meansOf: [statistics.values]) { definition.corpusScore([$0]) }
  }

  /// The definition.
  public func sources(of statistics: ItemValues) -> [MetricSource] { [formula.source] }
}

extension CLIPScoreFormula {
  /// What a report says of it.
  public var source: MetricSource {
    MetricSource(key: "clipscore", value: json, signatureKey: "clipscore", signature: summary)
  }
}
