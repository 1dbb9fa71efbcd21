import CaptionData
import CaptionMetrics
import Evaluation
import Foundation
import MetricsSupport
import TestSupport
import Testing

/// Differences of two systems with their intervals, held to what NumPy computes.
@Suite struct SystemDifferenceTests {
  /// `Fixtures/evaluation/differences.json`, which `make_differences_golden.py` makes.
  private struct Golden: Decodable {
    struct Metric: Decodable {
      var values: [Double]
      var intervals: [[Double]]
      var difference: Double
      var difference_interval: [Double]
      var p: Double
    }
    var angles: [String: [Double]]
    var metrics: [String: Metric]

    static func read() throws -> Golden {
      let file = TestData.fixtures().appendingPathComponent("evaluation/differences.json")
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }
  }

  private let names = ["first", "second"]

  private func check(_ report: SystemReport, _ name: String, tolerance: Double) throws {
    let row = try #require(report.rows.first { $0.scale.name == name })
    let golden = try #require(Golden.read().metrics[name])
    func isNear(_ found: ClosedRange<Double>?, _ expected: [Double]) -> Bool {
      guard let found else { return false }
      return abs(found.lowerBound - expected[0]) < tolerance
        && abs(found.upperBound - expected[1]) < tolerance
    }
    for (value, (expected, interval)) in zip(row.values, zip(golden.values, golden.intervals)) {
      #expect(abs(value.value - expected) < tolerance, "\(name)")
      #expect(isNear(value.interval, interval), "\(name): \(String(describing: value.interval))")
    }
    let difference = try #require(row.values[1].difference)
    #expect(abs(difference.value - golden.difference) < tolerance, "\(name)")
    #expect(isNear(difference.interval, golden.difference_interval), "\(name): \(difference)")
    #expect(difference.pBootstrap == golden.p, "\(name)")
  }

  @Test func thoseOfWordsAreNumPys() throws {
    let captions = try SystemComparisonTests.Golden.read()
    var comparison = SystemComparison(metrics: [BLEU(), CIDEr()])
    comparison.resampling.trials = 0
    let report = try comparison.report(
      on: names.map(captions.system), provenance: Provenance(version: "test"))
    try check(report, "BLEU-4", tolerance: 1e-7)
    try check(report, "CIDEr", tolerance: 1e-9)
  }

  @Test func thoseOfImagesAreNumPys() throws {
    let angles = try Golden.read().angles
    func vector(_ angle: Double) -> [Float] { [Float(cos(angle)), Float(sin(angle))] }
    let imageAngles = try #require(angles["images"])
    let images = Dictionary(
      uniqueKeysWithValues: imageAngles.enumerated().map { ("\($0).jpg", vector($1)) })
    var texts: [String: [Float]] = [:]
    let systems = try names.map { name in
      let own = try #require(angles[name])
      let items = own.enumerated().map { index, angle in
        texts[CLIPScoreDefinition.hessel.prefix + "\(name) \(index)"] = vector(angle)
        return CaptionDataset.Item(
          id: "\(index)", candidate: "\(name) \(index)", references: ["x"],
          image: URL(fileURLWithPath: "/images/\(index).jpg"))
      }
      return SystemComparison.System(name, CaptionDataset(name: name, items: items))
    }
    var comparison = SystemComparison(metrics: [CLIPScore(.init(.hessel))])
    comparison.resampling.trials = 0
    let report = try comparison.report(
      on: systems, embedder: StubEmbedder(images: images, texts: texts),
      provenance: Provenance(version: "test"))
    // Embeddings are in single precision.
    try check(report, "CLIPScore", tolerance: 1e-5)
  }
}
