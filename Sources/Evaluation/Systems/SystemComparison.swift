public import CLIP
public import CaptionData
public import CaptionMetrics

/// Compares systems that caption the same images: their values, and whether the differences from the first of them, the
/// baseline, are more than chance.
///
/// ```swift
/// let references = URL(fileURLWithPath: "references.json")
/// let systems = try ["before.json", "after.json"].map { name in
///   SystemComparison.System(
///     name, try CaptionDataset(candidates: URL(fileURLWithPath: name), references: references))
/// }
/// let report = try SystemComparison(metrics: [BLEU(), CIDEr()])
///   .report(on: systems, provenance: Provenance(version: "mine"))
/// print(report.table())
/// ```
public struct SystemComparison: Sendable {
  /// A system and its captions.
  public struct System: Sendable {
    /// What it is called.
    public var name: String
    /// Its captions, with references and images that were looked for.
    public var dataset: CaptionDataset

    /// Names captions.
    public init(_ name: String, _ dataset: CaptionDataset) {
      self.name = name
      self.dataset = dataset
    }
  }

  /// What to compute, in the order of the report.
  public var metrics: [any CaptionMetric]
  /// Names of values that are not reported: see `MetricSelection.hiddenValues`.
  public var hiddenValues: Set<String> = []
  /// The tests.
  public var resampling = PairedResampling()
  /// Whether captions that one system lacks, or that cannot be embedded, are skipped for all and listed.
  public var keepGoing = false
  /// The number of CPU threads; nil for all cores.
  public var threads: Int?

  /// Creates a comparison.
  public init(metrics: [any CaptionMetric]) { self.metrics = metrics }

  /// Scores systems and tests their differences.
  ///
  /// Every system is scored on the same images with the same references. CIDEr's document frequencies are those of all images,
  /// in resampled corpora too.
  ///
  /// - Parameters:
  ///   - systems: two or more; the first is the baseline.
  ///   - embedder: what embeds images and texts, for CLIPScore and its like; an image is embedded once for all systems.
  ///   - provenance: where the numbers come from, as far as is known before.
  ///   - progress: called from any thread with what is done, and with how much of it.
  /// - Throws: ``EvaluationError``, and what `CaptionEvaluation.report(on:embedder:provenance:progress:)` throws.
  public func report(
    on systems: [System], embedder: (any ImageTextEmbedder)? = nil, provenance: Provenance,
    progress: (@Sendable (_ stage: String, _ done: Int, _ total: Int) -> Void)? = nil
  ) throws -> SystemReport {
    guard systems.count > 1 else { throw EvaluationError.oneSystem }
    var provenance = provenance
    let embedder = embedder.map(CachingEmbedder.init)
    let datasets = try common(systems, skipped: &provenance.skipped)
    var scored = try datasets.map { try score($0, embedder, progress) }
    // What one system's caption makes impossible is skipped for all.
    let kept = scored.reduce(Set(datasets.first?.items.map(\.id) ?? [])) { kept, system in
      kept.intersection(system.items.map(\.id))
    }
    for system in scored { system.describe(to: &provenance) }
    if scored.contains(where: { $0.items.count != kept.count }) {
      guard !kept.isEmpty else { throw EvaluationError.nothingInCommon(systems: systems.map(\.name)) }
      scored = try datasets.map { dataset in
        try score(
          CaptionDataset(name: dataset.name, items: dataset.items.filter { kept.contains($0.id) }), embedder,
          progress)
      }
    }
    provenance.skipped = provenance.skipped.uniqued()
    provenance.warnings = provenance.warnings.uniqued()
    return SystemReport(
      names: systems.map(\.name), scored: scored, resampling: resampling, provenance: provenance, progress)
  }

  private func score(
    _ dataset: CaptionDataset, _ embedder: CachingEmbedder?,
    _ progress: (@Sendable (_ stage: String, _ done: Int, _ total: Int) -> Void)?
  ) throws -> ScoredDataset {
    var evaluation = CaptionEvaluation(metrics: metrics)
    evaluation.keepGoing = keepGoing
    evaluation.threads = threads
    evaluation.keeping = .sums
    evaluation.hiddenValues = hiddenValues
    return try evaluation.score(dataset, embedder: embedder) { progress?($0.rawValue, $1, $2) }
  }

  /// The captions of all systems in the order of the first one's, with its references.
  private func common(_ systems: [System], skipped: inout [SkippedItem]) throws -> [CaptionDataset] {
    let tables = systems.map { system in
      Dictionary(system.dataset.items.map { ($0.id, $0) }) { first, _ in first }
    }
    var ids: [String] = []
    var seen: Set<String> = []
    for system in systems { ids += system.dataset.items.map(\.id).filter { seen.insert($0).inserted } }
    var items: [[CaptionDataset.Item]] = systems.map { _ in [] }
    for id in ids {
      let found = tables.map { $0[id] }
      do {
        if let missing = found.firstIndex(where: { $0 == nil }) {
          let owner = found.firstIndex { $0 != nil } ?? 0
          throw EvaluationError.noCaption(
            system: systems[missing].name, id: id, other: systems[owner].name)
        }
        let known = found.compactMap(\.self)
        for (place, item) in known.enumerated() where item.references != known[0].references {
          throw EvaluationError.referencesDiffer(
            system: systems[place].name, id: id, other: systems[0].name)
        }
        for (place, item) in known.enumerated() { items[place].append(item) }
      } catch let error as EvaluationError {
        guard keepGoing else { throw error }
        skipped.append(SkippedItem(id: id, reason: error.description))
      }
    }
    guard items.first?.isEmpty == false else {
      throw EvaluationError.nothingInCommon(systems: systems.map(\.name))
    }
    skipped += systems.flatMap(\.dataset.skipped)
    return zip(systems, items).map { CaptionDataset(name: $0.dataset.name, items: $1) }
  }
}

extension Array where Element: Equatable {
  /// The elements, each once, in the order of their first places.
  fileprivate func uniqued() -> [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
