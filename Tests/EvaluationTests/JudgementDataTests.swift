import CaptionMetrics
import Evaluation
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
    var evaluation = JudgementEvaluation(metrics: [BLEU(), ROUGEL(), CIDEr()])
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

  /// What `make_flickr8k_correlations.py` wrote.
  private struct Golden: Decodable {
    struct Set: Decodable {
      let rows: Int
      let metrics: [String: [String: Double]]
    }
    let expert: Set
    let crowd: Set
    let thumb: Set
    let thumbPrecision: Set
    let thumbRecall: Set

    enum CodingKeys: String, CodingKey {
      case expert = "flickr8k-expert"
      case crowd = "flickr8k-cf"
      case thumb
      case thumbPrecision = "thumb-precision"
      case thumbRecall = "thumb-recall"
    }
  }

  private static func golden() throws -> Golden {
    let url = TestData.fixtures().appendingPathComponent("judgement/flickr8k_correlations.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  private static func expectEqual(_ report: JudgementReport, _ golden: Golden.Set) throws {
    #expect(report.rows == golden.rows)
    for (name, expected) in golden.metrics {
      let metric = try #require(report.metrics.first { $0.name == name })
      guard case .correlations(let found) = metric.agreement else {
        Issue.record("\(name) is judged by ratings")
        continue
      }
      for kind in Correlation.allCases {
        let difference = try #require(found[kind]) - #require(expected[kind.rawValue])
        #expect(abs(difference) <= 1e-12, "\(name) \(kind)")
      }
    }
  }

  @Test(
    .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)),
    arguments: [JudgementProtocol.thumb, .thumbPrecision, .thumbRecall])
  func ratingsByRubricCorrelateAsThePeersHaveThem(name: JudgementProtocol) throws {
    let folder = try #require(TestData.shared).appendingPathComponent("thumb")
    let set = try JudgementSet(name, in: folder)
    #expect(set.warnings.isEmpty && set.items.count == 2_500)
    let report = try Self.report(set)
    #expect(report.coefficient == .kendallC && report.imageCount == 500)
    let golden = try Self.golden()
    try Self.expectEqual(
      report,
      name == .thumb ? golden.thumb : name == .thumbRecall ? golden.thumbRecall : golden.thumbPrecision)
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
    try Self.expectEqual(report, Self.golden().expert)
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
    // Of 43 images' five references, those that were judged are gone.
    for item in set.items { #expect(!item.references.contains(item.candidate)) }
    let report = try Self.report(set)
    try Self.expectEqual(report, Self.golden().crowd)
    let values = Self.hundredths(report)
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
