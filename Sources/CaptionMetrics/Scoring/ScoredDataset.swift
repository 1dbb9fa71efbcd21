package import CaptionData
import CLIP
import Foundation

/// The captions of a dataset that were compared with their images and references, and what compared them.
struct ComparedDataset {
  let result: ImageTextComparison.Result
  /// What stood before the captions.
  let prefix: String
  let model: ModelProvenance
  /// Whether references were compared, too.
  let hasReferences: Bool
}

/// What scoring a dataset gives: the values, and what each stage has to say of them.
package struct ScoredDataset {
  /// Which items of the dataset were scored.
  package private(set) var kept: [Int]
  /// They themselves.
  package private(set) var items: [CaptionDataset.Item]
  /// The values of all metrics.
  package private(set) var results: [MetricResult] = []
  /// The statistics of each metric as bytes, where they are kept.
  private(set) var statistics: [Data] = []
  /// What each metric adds up over captions, where that is kept.
  package private(set) var sums: [CorpusSums] = []
  /// What the values depend on.
  var sources: [MetricSource] = []
  private var compared: ComparedDataset?
  private var skipped: [SkippedItem]
  private var warnings: [String]

  /// All items, before they are scored.
  init(_ dataset: CaptionDataset) {
    items = dataset.items
    kept = Array(dataset.items.indices)
    skipped = dataset.skipped
    warnings = dataset.warnings
  }

  /// Keeps the items that could be compared with their images and references, and returns the similarities of these.
  mutating func keep(_ compared: ComparedDataset) -> ImageTextSimilarities {
    self.compared = compared
    skipped += compared.result.skipped
    let cosines = compared.result.cosines
    kept.removeAll { cosines[$0] == nil }
    if kept.count != items.count { items = kept.map { items[$0] } }
    let known = cosines.compactMap(\.self)
    return ImageTextSimilarities(
      prefix: compared.prefix, images: known.compactMap(\.image), references: known.compactMap(\.reference))
  }

  /// Keeps the statistics of no captions.
  mutating func keepNothing(of metrics: [any CaptionMetric]) throws {
    statistics = try metrics.map { try $0.statisticsOfNothing() }
  }

  /// Adds what a metric gives.
  ///
  /// - Throws: ``ReportError`` where a value is not a finite number, or where there is not one a caption.
  mutating func add(_ outcome: MetricOutcome) throws {
    for result in outcome.results { try result.check(count: items.count) }
    results += outcome.results
    sources += outcome.sources
    warnings += outcome.warnings
    statistics += outcome.statistics.map { [$0] } ?? []
    sums += outcome.sums.map { [$0] } ?? []
  }

  /// Tells a report where the values come from.
  package func describe(to provenance: inout Provenance) {
    provenance.add(sources)
    if let compared {
      provenance.model = provenance.model ?? compared.model
      provenance.truncated = TruncatedTexts(
        candidates: compared.result.truncatedCandidates,
        references: compared.hasReferences ? compared.result.truncatedReferences : nil)
    }
    provenance.skipped += skipped
    provenance.warnings += warnings
  }
}
