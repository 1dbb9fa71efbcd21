public import CLIP
public import CaptionMetrics
public import Foundation

/// Compares metrics with what people said.
public struct JudgementEvaluation: Sendable {
  /// The metrics to compute.
  public var metrics: [any CaptionMetric]
  /// Names of values that are not reported: see `MetricSelection.hiddenValues`.
  public var hiddenValues: Set<String> = []
  /// Metrics from elsewhere.
  public var given: [GivenScores] = []
  /// Which coefficient has an interval and leads the table; nil for the one that the protocol reports.
  public var coefficient: Correlation?
  /// How intervals are made, and the seed of all draws.
  public var bootstrap = Bootstrap()
  /// Whether captions whose image or text cannot be embedded are skipped and listed.
  public var keepGoing = false
  /// How many threads work; nil for all CPU cores.
  public var threads: Int?

  /// Creates an evaluation.
  public init(metrics: [any CaptionMetric]) { self.metrics = metrics }

  /// Compares the metrics with a set of judgements.
  ///
  /// - Parameters:
  ///   - folders: the folders of images, for metrics that look at them; the first that has an image is taken.
  ///   - embedder: what embeds images and texts, for the same.
  ///   - provenance: where the numbers come from, as far as is known before.
  /// - Throws: ``JudgementError``, and what ``CaptionEvaluation`` and ``CaptionDataset`` throw.
  public func report(
    on set: JudgementSet, images folders: [URL] = [], embedder: (any ImageTextEmbedder)? = nil,
    provenance: Provenance,
    progress: CLIPScorer.Progress? = nil
  ) throws -> JudgementReport {
    let images = set.images
    var report = JudgementReport(
      set: set, imageCount: images.count, coefficient: coefficient, bootstrap: bootstrap,
      provenance: provenance)
    report.provenance.warnings += set.warnings
    report.provenance.skipped += set.skipped
    let metricScores = try MetricScores(
      evaluation: self, set: set, images: folders, embedder: embedder, progress: progress)
    metricScores.describe(to: &report.provenance)
    var scores = metricScores.all
    for metric in given {
      let found = try metric.scores(for: set.items)
      report.provenance.skipped += metric.skipped
      if found.unused > 0 {
        report.provenance.warnings.append(
          "\(metric.file): \(found.unused) score\(found.unused == 1 ? " belongs" : "s belong") to no caption")
      }
      scores.append(.init(name: metric.name, draws: [found.scores]))
    }
    var names: Set<String> = []
    for score in scores where !names.insert(score.name).inserted {
      throw JudgementError.sameName(score.name)
    }
    report.provenance.captionCount = MetricScores.align(&scores, count: set.items.count)
    let judge = Judge(
      set: set, images: images, coefficient: coefficient, bootstrap: bootstrap, threads: threads)
    report.metrics = try judge.judge(scores)
    for metric in report.metrics where report.coefficient != nil && report.leadingValue(of: metric) == nil {
      report.provenance.warnings.append(
        "\(metric.name) has no coefficient: it, or the people, found all captions equally good")
    }
    report.provenance.metrics += given.map(\.name)
    return report
  }
}
