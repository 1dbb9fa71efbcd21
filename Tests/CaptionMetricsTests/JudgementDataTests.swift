import CaptionMetrics
import Foundation
import TestSupport
import Testing

/// The published figures, on the published data.
@Suite struct JudgementDataTests {
  private static func set(_ name: JudgementProtocol) throws -> JudgementSet {
    let folder = try #require(TestData.shared).appendingPathComponent("flickr8k")
    return try JudgementSet(name, in: folder)
  }

  private static func report(_ set: JudgementSet, threads: Int? = nil) throws -> JudgementReport {
    var evaluation = JudgementEvaluation(metrics: [.bleu, .rouge, .cider])
    evaluation.bootstrap = Bootstrap(seed: 3, resamples: 50)
    evaluation.threads = threads
    return try evaluation.report(on: set, provenance: Provenance(version: "test"))
  }

  private static func hundredths(_ report: JudgementReport) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: report.metrics.map { metric in
        (metric.name, report.leadingValue(of: metric).map { String(format: "%.2f", $0 * 100) } ?? "")
      })
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func expertsAgreeWithMetricsAsPublished() throws {
    let set = try Self.set(.flickr8kExpert)
    let report = try Self.report(set)
    #expect(report.rows == 16_992)
    #expect(report.imageCount == 1000)
    #expect(report.coefficient == .kendallC)
    #expect(set.warnings.isEmpty)
    let values = Self.hundredths(report)
    for (name, published) in [
      "BLEU-1": "32.32", "BLEU-4": "30.78", "ROUGE-L": "32.31", "CIDEr": "43.89",
    ] {
      #expect(values[name] == published, "\(name)")
    }
    for metric in report.metrics {
      let interval = try #require(metric.interval)
      #expect(interval.contains(try #require(report.leadingValue(of: metric))))
    }
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func theSampleOfTheCrowdIsToldFromTheWhole() throws {
    let set = try Self.set(.flickr8kCF)
    #expect(set.judgements.count == 2000)
    #expect(set.warnings.count == 1)
    // Of 43 pictures' five references, those that were judged are gone.
    for item in set.items { #expect(!item.references.contains(item.candidate)) }
    let values = Self.hundredths(try Self.report(set))
    #expect(values["CIDEr"] == "20.96")
    #expect(values["BLEU-4"] == "15.48")
    #expect(values["ROUGE-L"] == "17.60")
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func threadsDoNotMatter() throws {
    let set = try Self.set(.flickr8kCF)
    let reports = try [1, 2, 4].map { try Self.report(set, threads: $0) }
    #expect(reports.allSatisfy { $0.metrics == reports[0].metrics })
  }
}
