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
  /// Whether captions whose picture or text cannot be embedded are left out and listed.
  public var keepGoing = false
  /// How many threads split captions into words; nil for all processors.
  public var threads: Int?

  /// Creates an evaluation.
  public init(metrics: [Metric]) { self.metrics = metrics }

  /// Scores a dataset whose items have what the metrics need: references, pictures that were looked for.
  ///
  /// - Parameters:
  ///   - embedder: what embeds pictures and texts, for CLIPScore and RefCLIPScore.
  ///   - provenance: where the numbers come from, as far as is known before.
  ///   - progress: called from any thread while pictures and texts are embedded.
  /// - Throws: ``NGramMetricError``, ``METEORError``, ``CLIPScoreError``, ``ReportError``, and what the embedder
  ///   throws.
  public func report(
    on dataset: CaptionDataset, embedder: (any ImageTextEmbedder)? = nil, provenance: Provenance,
    progress: CLIPScorer.Progress? = nil
  ) throws -> ScoreReport {
    var report = ScoreReport(
      captions: dataset.items.map { .init(id: $0.id, caption: $0.candidate) }, provenance: provenance)
    report.provenance.leftOut += dataset.leftOut
    try addNGramMetrics(on: dataset, to: &report)
    if metrics.contains(where: \.needsModel) {
      guard let embedder else {
        throw ScoringError.missingInput(metric: .clipscore, options: ["--model MODEL"])
      }
      try addCLIPScores(on: dataset, embedder: embedder, to: &report, progress: progress)
    }
    return report
  }

  private func addNGramMetrics(on dataset: CaptionDataset, to report: inout ScoreReport) throws {
    guard metrics.contains(where: { !$0.needsModel }) else { return }
    let corpus = try TokenizedCorpus(
      candidates: dataset.items.map(\.candidate), references: dataset.items.map(\.references),
      threads: threads)
    report.provenance.wordTokenizer = "Penn Treebank, as pycocoevalcap 1.2"
    var results: [MetricResult] = []
    if metrics.contains(.bleu) { results += BLEU().score(corpus) }
    if metrics.contains(.meteor) {
      let table = try METEORTable(contentsOf: METEORTable.installedFile)
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

  private func addCLIPScores(
    on dataset: CaptionDataset, embedder: any ImageTextEmbedder, to report: inout ScoreReport,
    progress: CLIPScorer.Progress?
  ) throws {
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
    report.provenance.definition = definition
    report.provenance.calibration = embedder.scoreCalibration
    report.provenance.model = report.provenance.model ?? embedder.provenance
    report.provenance.truncatedCandidates = result.truncatedCandidates
    if withReferences { report.provenance.truncatedReferences = result.truncatedReferences }
    report.provenance.leftOut += result.leftOut
    if metrics.contains(.clipscore) {
      try report.add("CLIPScore", corpus: result.corpus, perCaption: result.scores.map { $0?.score })
    }
    if let corpus = result.referenceCorpus {
      try report.add("RefCLIPScore", corpus: corpus, perCaption: result.scores.map { $0?.referenceScore })
    }
  }
}
