public import CLIP
import Foundation

/// CLIPScore (Hessel et al. 2021): how well a caption fits its image, by the cosine of their embeddings.
public struct CLIPScore: CaptionMetric {
  /// `clipscore`; takes a ``CLIPScoreFormula`` of the setup.
  public static let registration = MetricRegistration(
    name: "clipscore", title: "CLIPScore", spellings: ["clips"], needs: [.images, .model]
  ) { CLIPScore($0[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel)) }

  /// How a cosine becomes a score.
  public let formula: CLIPScoreFormula

  /// Makes the metric.
  public init(_ formula: CLIPScoreFormula) { self.formula = formula }

  /// Makes the metric of a definition for the embeddings of a model, with the model's own range where it has one.
  public init(for embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel) {
    self.init(CLIPScoreFormula(definition, calibration: embedder.scoreCalibration))
  }

  /// CLIPScore.
  public var scales: [MetricScale] { [scale] }

  private var scale: MetricScale {
    let most = String(format: formula.most == formula.most.rounded() ? "%.0f" : "%.1f", formula.most)
    let least = formula.score(cosine: -1)
    return MetricScale(
      name: "CLIPScore", range: min(least, formula.most)...max(least, formula.most),
      legend: "image and caption, up to \(most) (\(formula.summary))")
  }

  /// What the definition puts before captions.
  public var captionPrefix: String { formula.definition.prefix }

  /// The score of each caption.
  ///
  /// - Throws: ``CLIPScoreError/notCompared``.
  public func statistics(of input: MetricInput) throws -> ItemValues {
    guard let similarities = input.similarities, similarities.images.count == input.items.count else {
      throw CLIPScoreError.notCompared
    }
    return ItemValues(similarities.images.map { formula.score(cosine: $0) })
  }

  /// The mean, and the score of each caption.
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

/// RefCLIPScore (Hessel et al. 2021): the harmonic mean of CLIPScore and the caption's best cosine with a reference.
public struct RefCLIPScore: CaptionMetric {
  /// `refclipscore`; takes a ``CLIPScoreFormula`` of the setup.
  public static let registration = MetricRegistration(
    name: "refclipscore", title: "RefCLIPScore", spellings: ["refclips"],
    needs: [.references, .images, .model]
  ) { RefCLIPScore($0[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel)) }

  /// How cosines become a score.
  public let formula: CLIPScoreFormula

  /// Makes the metric.
  public init(_ formula: CLIPScoreFormula) { self.formula = formula }

  /// Makes the metric of a definition for the embeddings of a model, with the model's own range where it has one.
  public init(for embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel) {
    self.init(CLIPScoreFormula(definition, calibration: embedder.scoreCalibration))
  }

  /// RefCLIPScore.
  public var scales: [MetricScale] { [scale] }

  private var scale: MetricScale {
    MetricScale(
      name: "RefCLIPScore", range: 0...max(0, formula.mostWithReferences),
      legend: "image, caption and references, 0 to \(String(format: "%.2f", formula.mostWithReferences)) "
        + "(\(formula.summary))")
  }

  /// What the definition puts before captions and references.
  public var captionPrefix: String { formula.definition.prefix }

  /// The score of each caption.
  ///
  /// - Throws: ``CLIPScoreError/notCompared``.
  public func statistics(of input: MetricInput) throws -> ItemValues {
    guard let similarities = input.similarities, similarities.references.count == input.items.count,
      similarities.images.count == input.items.count
    else { throw CLIPScoreError.notCompared }
    return ItemValues(
      zip(similarities.images, similarities.references).map {
        formula.referenceScore(cosine: $0, bestReferenceCosine: $1)
      })
  }

  /// The mean, and the score of each caption.
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

/// The text side of RefCLIPScore alone (Hessel et al. 2021): the caption's best cosine with a reference, without the image.
///
/// The program of the paper's authors calls it `refonlyclipscore`.
public struct RefOnlyCLIPScore: CaptionMetric {
  /// `refonlyclipscore`; takes a ``CLIPScoreFormula`` of the setup.
  public static let registration = MetricRegistration(
    name: "refonlyclipscore", title: "RefOnlyCLIPScore", spellings: ["refonlyclips"],
    needs: [.references, .model], isByNameOnly: true
  ) { RefOnlyCLIPScore($0[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel)) }

  /// Whose definition it is.
  public let formula: CLIPScoreFormula

  /// Makes the metric.
  public init(_ formula: CLIPScoreFormula) { self.formula = formula }

  /// Makes the metric of a definition for the embeddings of a model.
  public init(for embedder: any ImageTextEmbedder, definition: CLIPScoreDefinition = .hessel) {
    self.init(CLIPScoreFormula(definition, calibration: embedder.scoreCalibration))
  }

  /// RefOnlyCLIPScore.
  public var scales: [MetricScale] { [Self.scale] }

  private static let scale = MetricScale(
    name: "RefOnlyCLIPScore", range: -1...1, legend: "caption and references, the best cosine, up to 1")

  /// What the definition puts before captions and references.
  public var captionPrefix: String { formula.definition.prefix }

  /// The score of each caption.
  ///
  /// - Throws: ``CLIPScoreError/notCompared``.
  public func statistics(of input: MetricInput) throws -> ItemValues {
    guard let similarities = input.similarities, similarities.references.count == input.items.count else {
      throw CLIPScoreError.notCompared
    }
    return ItemValues(similarities.references)
  }

  /// The mean, and the score of each caption.
  public func results(of statistics: ItemValues) -> [MetricResult] {
    let values = statistics.values
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    return [MetricResult(Self.scale, corpus: mean, perItem: values)]
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
