public import CLIP
public import CaptionData

/// Scores the captions of a dataset with any of the metrics.
///
/// ```swift
/// var dataset = try CaptionDataset(candidates: candidates, references: references)
/// let report = try CaptionEvaluation(metrics: [.bleu, .cider]).report(on: dataset)
/// print(report.table())
/// ```
public struct CaptionEvaluation: Sendable {
  /// What to compute.
  public var metrics: [Metric]
  /// Which CLIPScore.
  public var definition = CLIPScoreDefinition.hessel
  /// What CIDEr weighs words by; nil for the references of the dataset itself.
  public var documentFrequency: DocumentFrequency?
  /// Whether captions whose image or text cannot be embedded are left out and listed.
  public var keepGoing = false
  /// How many threads split captions into words; nil for all CPU cores.
  public var threads: Int?

  /// Creates an evaluation.
  public init(metrics: [Metric]) { self.metrics = metrics }

  /// Scores a dataset whose items have what the metrics need: references, images that were looked for.
  ///
  /// All metrics are about the same captions: with ``keepGoing``, one whose image or text cannot be embedded counts in
  /// none of them.
  ///
  /// - Parameters:
  ///   - embedder: what embeds images and texts, for CLIPScore and RefCLIPScore.
  ///   - provenance: where the numbers come from, as far as is known before.
  ///   - progress: called from any thread while images and texts are embedded.
  /// - Throws: ``NGramMetricError``, ``METEORError``, ``CLIPScoreError``, ``ReportError``, and what the embedder
  ///   throws.
  public func report(
    on dataset: CaptionDataset, embedder: (any ImageTextEmbedder)? = nil, provenance: Provenance,
    progress: CLIPScorer.Progress? = nil
  ) throws -> ScoreReport {
    try scored(dataset, embedder: embedder, provenance: provenance, progress: progress).report
  }

  /// The report, and which items of the dataset it is about.
  package func scored(
    _ dataset: CaptionDataset, embedder: (any ImageTextEmbedder)?, provenance: Provenance,
    progress: CLIPScorer.Progress?
  ) throws -> (report: ScoreReport, kept: [Int]) {
    // What METEOR lacks is known before the images are embedded.
    let table = try metrics.contains(.meteor) ? METEORTable(contentsOf: METEORTable.installedFile) : nil
    var provenance = provenance
    provenance.leftOut += dataset.leftOut
    provenance.warnings += dataset.warnings
    var kept = Array(dataset.items.indices)
    var clip: CLIPScoreResult?
    if metrics.contains(where: \.needsModel) {
      guard let embedder else {
        throw ScoringError.missingInput(metric: .clipscore, options: ["--model MODEL"])
      }
      let result = try clipScores(on: dataset, embedder: embedder, to: &provenance, progress: progress)
      kept.removeAll { result.scores[$0] == nil }
      clip = result
    }
    let items = kept.count == dataset.items.count ? dataset.items : kept.map { dataset.items[$0] }
    var report = ScoreReport(
      captions: items.map { .init(id: $0.id, caption: $0.candidate) }, provenance: provenance)
    try addNGramMetrics(on: items, meteor: table, to: &report)
    if let clip { try add(clip, of: kept, to: &report) }
    return (report, kept)
  }

  private func addNGramMetrics(
    on items: [CaptionDataset.Item], meteor table: METEORTable?, to report: inout ScoreReport
  ) throws {
    guard metrics.contains(where: { !$0.needsModel }) else { return }
    let corpus = try TokenizedCorpus(
      candidates: items.map(\.candidate), references: items.map(\.references), threads: threads)
    report.provenance.wordTokenizer = "Penn Treebank, as pycocoevalcap 1.2"
    var results: [MetricResult] = []
    if metrics.contains(.bleu) { results += BLEU().score(corpus) }
    if let table {
      let meteor = METEOR(table: table, threads: threads)
      results.append(meteor.score(corpus))
      report.provenance.meteorTables = table.checksum
      if let warning = meteor.warning(for: corpus) { report.provenance.warnings.append(warning) }
    }
    if metrics.contains(.rouge) { results.append(ROUGEL().score(corpus)) }
    if metrics.contains(.cider) {
      let cider = CIDEr(documentFrequency: documentFrequency)
      results.append(cider.score(corpus))
      report.provenance.documentFrequencies =
        report.provenance.documentFrequencies
        ?? documentFrequency.map { .file(name: "a file", images: $0.imageCount, checksum: $0.checksum) }
        ?? .corpus(images: corpus.count)
      if let warning = cider.warning(for: corpus) { report.provenance.warnings.append(warning) }
    }
    for result in results { try report.add(result.name, corpus: result.corpus, perCaption: result.perItem) }
  }

  private func clipScores(
    on dataset: CaptionDataset, embedder: any ImageTextEmbedder, to provenance: inout Provenance,
    progress: CLIPScorer.Progress?
  ) throws -> CLIPScoreResult {
    let withReferences = metrics.contains(.refclipscore)
    let items = try dataset.items.map { item in
      guard let image = item.image else {
        throw ScoringError.missingInput(metric: .clipscore, options: ["--images FOLDER"])
      }
      return CLIPScorer.Item(
        id: item.id, image: image, candidate: item.candidate, references: item.references)
    }
    let result = try CLIPScorer(embedder: embedder, definition: definition).score(
      items, withReferences: withReferences, keepGoing: keepGoing, progress: progress)
    provenance.definition = definition
    provenance.calibration = embedder.scoreCalibration
    provenance.model = provenance.model ?? embedder.provenance
    provenance.truncatedCandidates = result.truncatedCandidates
    if withReferences { provenance.truncatedReferences = result.truncatedReferences }
    provenance.leftOut += result.leftOut
    return result
  }

  private func add(_ result: CLIPScoreResult, of kept: [Int], to report: inout ScoreReport) throws {
    let scores = kept.map { result.scores[$0] }
    if metrics.contains(.clipscore) {
      try report.add("CLIPScore", corpus: result.corpus, perCaption: scores.map { $0?.score })
    }
    if let corpus = result.referenceCorpus {
      try report.add("RefCLIPScore", corpus: corpus, perCaption: scores.map { $0?.referenceScore })
    }
  }
}
