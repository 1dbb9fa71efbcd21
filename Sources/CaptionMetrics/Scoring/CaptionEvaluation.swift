public import CaptionData
public import CLIP

/// Scores the captions of a dataset with any metrics.
///
/// ```swift
/// let dataset = try CaptionDataset(candidates: candidates, references: references)
/// let report = try CaptionEvaluation(metrics: [BLEU(), CIDEr()])
///   .report(on: dataset, provenance: Provenance(version: "mine"))
/// print(report.table())
/// ```
public struct CaptionEvaluation: Sendable {
  /// What to compute, in the order of the report.
  public var metrics: [any CaptionMetric]
  /// Names of values that are not reported: see ``MetricSelection/hiddenValues``.
  public var hiddenValues: Set<String> = []
  /// Whether captions whose image or text cannot be embedded are skipped and listed.
  public var keepGoing = false
  /// How many threads split captions into words; nil for all CPU cores.
  public var threads: Int?
  /// Whether captions and references are words with spaces between already, as pycocoevalcap's metrics take them.
  public var isTokenized = false
  /// What is kept of each metric besides the values.
  package var keeping: KeptParts = []
  /// Whether it is no error where every caption is skipped; there are no results then.
  package var mayBeEmpty = false

  /// Creates an evaluation.
  public init(metrics: [any CaptionMetric]) { self.metrics = metrics }

  /// Scores a dataset whose items have what the metrics need: references, images that were looked for.
  ///
  /// All metrics are about the same captions: with ``keepGoing``, one whose image or text cannot be embedded counts in
  /// none of them.
  ///
  /// - Parameters:
  ///   - embedder: what embeds images and texts, for CLIPScore and its like.
  ///   - provenance: where the numbers come from, as far as is known before.
  ///   - progress: called from any thread while images and texts are embedded.
  /// - Throws: ``NGramMetricError``, ``CLIPScoreError``, ``ScoringError``, ``ReportError``, and what the embedder
  ///   throws.
  public func report(
    on dataset: CaptionDataset, embedder: (any ImageTextEmbedder)? = nil, provenance: Provenance,
    progress: CLIPScorer.Progress? = nil
  ) throws -> ScoreReport {
    let scored = try score(dataset, embedder: embedder, progress: progress)
    var provenance = provenance
    scored.describe(to: &provenance)
    var report = ScoreReport(
      captions: scored.items.map { .init(id: $0.id, caption: $0.candidate) }, provenance: provenance)
    for result in scored.results { try report.add(result) }
    return report
  }

  /// Scores a dataset.
  package func score(
    _ dataset: CaptionDataset, embedder: (any ImageTextEmbedder)?, progress: CLIPScorer.Progress?
  ) throws -> ScoredDataset {
    var scored = ScoredDataset(dataset)
    var similarities: ImageTextSimilarities?
    if metrics.contains(where: { $0.needs.contains(.model) }) {
      let compared = try compare(dataset, embedder: embedder, progress: progress)
      similarities = scored.keep(compared)
    }
    guard !scored.items.isEmpty || !mayBeEmpty else {
      if keeping.contains(.statistics) { try scored.keepNothing(of: metrics) }
      return scored
    }
    // Words are split once for all metrics that compare them.
    var words: TokenizedCorpus?
    if metrics.contains(where: { $0 is any WordMetric }) {
      let (candidates, references) = (scored.items.map(\.candidate), scored.items.map(\.references))
      words =
        isTokenized
        ? try TokenizedCorpus(tokenized: candidates, references: references)
        : try TokenizedCorpus(candidates: candidates, references: references, threads: threads)
      scored.sources.append(isTokenized ? .givenWords : .treebankWords)
    }
    let input = MetricInput(items: scored.items, words: words, similarities: similarities)
    for metric in metrics {
      try scored.add(metric.outcome(on: input, keeping: keeping).hiding(hiddenValues))
    }
    return scored
  }

  /// Compares captions with images, with references, or with both, as the metrics look at them.
  private func compare(
    _ dataset: CaptionDataset, embedder: (any ImageTextEmbedder)?, progress: CLIPScorer.Progress?
  ) throws -> ComparedDataset {
    let metrics = metrics.filter { $0.needs.contains(.model) }
    let title = metrics.first.map { type(of: $0).registration.title } ?? ""
    guard let embedder else { throw ScoringError.missingInput(metric: title, options: ["--model MODEL"]) }
    var prefixes: [String] = []
    for metric in metrics where !prefixes.contains(metric.captionPrefix) {
      prefixes.append(metric.captionPrefix)
    }
    guard prefixes.count == 1 else { throw ScoringError.severalPrefixes(prefixes) }
    let withReferences = metrics.contains { $0.needs.contains(.references) }
    let withImages = metrics.first { $0.needs.contains(.images) }
    let items = try dataset.items.map { item in
      if let withImages, item.image == nil {
        throw ScoringError.missingInput(
          metric: type(of: withImages).registration.title, options: ["--images FOLDER"])
      }
      return ComparedCaption(
        id: item.id, image: withImages.flatMap { _ in item.image }, candidate: item.candidate,
        references: withReferences ? item.references : [])
    }
    let result = try ImageTextComparison(
      embedder: embedder, prefix: prefixes[0], mayBeEmpty: mayBeEmpty
    ).compare(
      items, withReferences: withReferences, keepGoing: keepGoing, progress: progress)
    return ComparedDataset(
      result: result, prefix: prefixes[0], model: embedder.provenance, hasReferences: withReferences)
  }
}
