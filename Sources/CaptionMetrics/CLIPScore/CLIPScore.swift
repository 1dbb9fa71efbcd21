import CLIP
import Foundation

/// CLIPScore (Hessel et al. 2021): how well a caption fits its image, by the cosine of their embeddings.
public struct CLIPScore: CLIPScoreMetric {
  /// `clipscore`; takes a ``CLIPScoreFormula`` of the setup.
  public static let registration = MetricRegistration(
    name: "clipscore", title: "CLIPScore", spellings: ["clips"], needs: [.images, .model]
  ) { CLIPScore($0[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel)) }

  /// How a cosine becomes a score.
  public let formula: CLIPScoreFormula

  /// Makes the metric.
  public init(_ formula: CLIPScoreFormula) { self.formula = formula }

  /// CLIPScore, up to what the definition makes of a cosine of 1.
  public var scale: MetricScale {
    let most = String(format: formula.most == formula.most.rounded() ? "%.0f" : "%.1f", formula.most)
    let least = formula.score(cosine: -1)
    return MetricScale(
      name: "CLIPScore", range: min(least, formula.most)...max(least, formula.most),
      legend: "image and caption, up to \(most) (\(formula.summary))")
  }

  /// The score of each caption.
  ///
  /// - Throws: ``CLIPScoreError/notCompared``.
  public func statistics(of input: MetricInput) throws -> ItemValues {
    guard let similarities = input.similarities, similarities.images.count == input.items.count else {
      throw CLIPScoreError.notCompared
    }
    return ItemValues(similarities.images.map { formula.score(cosine: $0) })
  }
}

/// RefCLIPScore (Hessel et al. 2021): the harmonic mean of CLIPScore and the caption's best cosine with a reference.
public struct RefCLIPScore: CLIPScoreMetric {
  /// `refclipscore`; takes a ``CLIPScoreFormula`` of the setup.
  public static let registration = MetricRegistration(
    name: "refclipscore", title: "RefCLIPScore", spellings: ["refclips"],
    needs: [.references, .images, .model]
  ) { RefCLIPScore($0[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel)) }

  /// How cosines become a score.
  public let formula: CLIPScoreFormula

  /// Makes the metric.
  public init(_ formula: CLIPScoreFormula) { self.formula = formula }

  /// RefCLIPScore, up to what the definition makes of two cosines of 1.
  public var scale: MetricScale {
    MetricScale(
      name: "RefCLIPScore", range: 0...max(0, formula.mostWithReferences),
      legend: "image, caption and references, 0 to \(String(format: "%.2f", formula.mostWithReferences)) "
        + "(\(formula.summary))")
  }

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
}

/// The text side of RefCLIPScore alone (Hessel et al. 2021): the caption's best cosine with a reference, without the image.
///
/// The program of the paper's authors calls it `refonlyclipscore`.
public struct RefOnlyCLIPScore: CLIPScoreMetric {
  /// `refonlyclipscore`; takes a ``CLIPScoreFormula`` of the setup.
  public static let registration = MetricRegistration(
    name: "refonlyclipscore", title: "RefOnlyCLIPScore", spellings: ["refonlyclips"],
    needs: [.references, .model], isByNameOnly: true
  ) { RefOnlyCLIPScore($0[CLIPScoreFormula.self] ?? CLIPScoreFormula(.hessel)) }

  /// Whose definition it is.
  public let formula: CLIPScoreFormula

  /// Makes the metric.
  public init(_ formula: CLIPScoreFormula) { self.formula = formula }

  /// RefOnlyCLIPScore, a cosine.
  public var scale: MetricScale {
    MetricScale(
      name: "RefOnlyCLIPScore", range: -1...1, legend: "caption and references, the best cosine, up to 1")
  }

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
    return [MetricResult(scale, corpus: mean, perItem: values)]
  }

  /// The cosines, whose mean is the value of the corpus.
  public func sums(of statistics: ItemValues) -> CorpusSums { CorpusSums(meansOf: [statistics.values]) }
}
