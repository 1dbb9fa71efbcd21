import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Foundation
import JSON
import MetricsSupport
import TestSupport
import Testing

/// Systems side by side, held to SacreBLEU's paired tests.
@Suite struct SystemComparisonTests {
  /// `Fixtures/evaluation/systems.json`, which `make_systems_golden.py` makes with SacreBLEU 2.6.0.
  struct Golden: Decodable {
    struct Test: Decodable {
      var value: Double
      var mean: Double?
      var ci: Double?
      var p: Double?
    }
    var references: [[String]]
    var systems: [String: [String]]
    var tests: [String: [Test]]
    var numpy: [String: [Int]]

    static func read() throws -> Golden {
      let file = TestData.fixtures().appendingPathComponent("evaluation/systems.json")
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }

    func system(_ name: String) throws -> SystemComparison.System {
      let captions = try #require(systems[name])
      return .init(name, dataset(name, captions, references))
    }
  }

  private static func dataset(_ name: String, _ captions: [String], _ references: [[String]])
    -> CaptionDataset
  {
    CaptionDataset(
      name: name,
      items: captions.indices.map {
        .init(id: "\($0)", candidate: captions[$0], references: references[$0])
      })
  }

  private func report(
    _ systems: [SystemComparison.System], metrics: [any CaptionMetric] = [BLEU()],
    embedder: (any ImageTextEmbedder)? = nil,
    change: (inout SystemComparison) -> Void = { _ in }
  ) throws -> SystemReport {
    var comparison = SystemComparison(metrics: metrics)
    change(&comparison)
    return try comparison.report(
      on: systems, embedder: embedder, provenance: Provenance(version: "test"))
  }

  @Test func numbersAreDrawnAsNumPyDrawsThem() throws {
    let golden = try Golden.read().numpy
    var generator = NumPyGenerator(seed: 12345)
    let small = (0..<9).map { _ in Int(generator.integer(below: 1000)) }
    #expect(small == golden["integers_below_1000"])
    let large = (0..<9).map { _ in Int(generator.integer(below: 3_000_000_000)) }
    #expect(large == golden["integers_below_3_000_000_000"])
    let coins = (0..<70).map { _ in generator.coin() ? 1 : 0 }
    #expect(coins == golden["coins"])
    var other = NumPyGenerator(seed: 1 << 40)
    let numbers = (0..<5).map { _ in Int(other.integer(below: 1000)) }
    #expect(numbers == golden["integers_of_seed_2_to_40"])
  }

  @Test func theTestsOfBLEUAreSacreBLEUs() throws {
    let golden = try Golden.read()
    let names = ["first", "second", "third"]
    let report = try report(names.map(golden.system))
    #expect(report.names == names)
    let row = try #require(report.rows.first { $0.scale.name == "BLEU-4" })
    let bootstrap = try #require(golden.tests["bs"])
    let randomization = try #require(golden.tests["ar"])
    for (place, value) in row.values.enumerated() {
      #expect(abs(value.value * 100 - bootstrap[place].value) < 1e-5)
      let interval = try #require(value.interval)
      let half = (interval.upperBound - interval.lowerBound) / 2
      let expected = try #require(bootstrap[place].ci)
      #expect(abs(half * 100 - expected) < 1e-4)
      #expect(value.difference?.pBootstrap == bootstrap[place].p)
      #expect(value.difference?.pRandomization == randomization[place].p)
    }
  }

  @Test func theResultsDoNotDependOnTheNumberOfThreads() throws {
    let golden = try Golden.read()
    let systems = try ["first", "third"].map(golden.system)
    let metrics: [any CaptionMetric] = [BLEU(), ROUGEL(), CIDEr()]
    let one = try report(systems, metrics: metrics) { $0.resampling.threads = 1 }
    let three = try report(systems, metrics: metrics) { $0.resampling.threads = 3 }
    #expect(one.rows == three.rows)
  }

  @Test func equalSystemsDoNotDiffer() throws {
    let golden = try Golden.read()
    let (system, worse) = try (golden.system("first"), golden.system("third"))
    let report = try report([system, .init("again", system.dataset), worse], metrics: [BLEU(), ROUGEL()])
    for row in report.rows {
      let same = try #require(row.values[1].difference)
      #expect(same.value == 0 && same.pBootstrap == 1 && same.pRandomization == 1)
      #expect(same.captions.equal == 60 && same.captions.better == 0 && same.captions.worse == 0)
      let other = try #require(row.values[2].difference)
      #expect(other.value < 0 && other.captions.worse > other.captions.better)
    }
  }

  @Test func oneCaptionProvesNothing() throws {
    let report = try report([
      .init("a", Self.dataset("a", ["a dog runs"], [["a dog runs on grass"]])),
      .init("b", Self.dataset("b", ["a cat"], [["a dog runs on grass"]])),
    ])
    let differences = report.rows.map(\.values[1].difference)
    #expect(differences.allSatisfy { $0?.pRandomization == 1 })
    // All corpora of one caption are the same, which is no sign that others would be.
    #expect(differences.allSatisfy { $0?.interval == nil && $0?.pBootstrap == nil })
  }

  @Test func withoutDrawsThereAreNoPValues() throws {
    let golden = try Golden.read()
    let report = try report(["first", "second"].map(golden.system)) {
      $0.resampling.resamples = 0
      $0.resampling.trials = 0
    }
    let difference = try #require(report.rows.first?.values[1].difference)
    #expect(difference.pValue == nil && difference.interval == nil && difference.pBootstrap == nil)
    #expect(report.table().contains("–"))
    let json = try report.json()
    #expect(json.contains("\"p_randomization\": null"))
  }

  @Test func captionsThatASystemLacksAreNamedOrSkipped() throws {
    let golden = try Golden.read()
    let (first, second) = try (golden.system("first"), golden.system("second"))
    let less = SystemComparison.System(
      "less", CaptionDataset(name: "less", items: Array(second.dataset.items.dropFirst(2))))
    #expect(throws: EvaluationError.noCaption(system: "less", id: "0", other: "first")) {
      try report([first, less])
    }
    let skipping = try report([first, less]) { $0.keepGoing = true }
    #expect(skipping.captionCount == 58)
    #expect(skipping.provenance.skipped.map(\.id) == ["0", "1"])
    #expect(throws: EvaluationError.oneSystem) { try report([first]) }
    let foreign = SystemComparison.System(
      "foreign",
      CaptionDataset(name: "f", items: [.init(id: "x", candidate: "a dog", references: ["a dog"])]))
    #expect(throws: EvaluationError.nothingInCommon(systems: ["first", "foreign"])) {
      try report([first, foreign]) { $0.keepGoing = true }
    }
  }

  @Test func referencesMustBeTheSame() throws {
    let systems = [["a dog"], ["a cat"]].map { references in
      SystemComparison.System(references[0], Self.dataset("s", ["a dog"], [references]))
    }
    #expect(throws: EvaluationError.referencesDiffer(system: "a cat", id: "0", other: "a dog")) {
      try report(systems)
    }
  }

  @Test func whatOneSystemCannotEmbedIsSkippedForAll() throws {
    let folder = URL(fileURLWithPath: "/images")
    func system(_ name: String, _ captions: [String]) -> SystemComparison.System {
      .init(
        name,
        CaptionDataset(
          name: name,
          items: captions.enumerated().map { index, caption in
            .init(
              id: "\(index)", candidate: caption, references: ["x"],
              image: folder.appendingPathComponent("\(index).jpg"))
          }))
    }
    let prefix = CLIPScoreDefinition.hessel.prefix
    let embedder = StubEmbedder(
      images: ["0.jpg": [1, 0], "1.jpg": [0, 1], "2.jpg": [1, 1]],
      texts: [prefix + "right": [1, 0], prefix + "wrong": [0, 1]])
    let systems = [
      system("a", ["right", "wrong", "right"]), system("b", ["wrong", "unknown", "right"]),
    ]
    let report = try report(systems, metrics: [CLIPScore(.init(.hessel))], embedder: embedder) {
      $0.keepGoing = true
    }
    #expect(report.captionCount == 2)
    #expect(report.rows[0].values.map(\.value).map { ($0 * 1000).rounded() } == [2134, 884])
    #expect(report.provenance.skipped.map(\.id) == ["1"])
    #expect(embedder.embedded.count { $0 == "0.jpg" } == 1)
  }

  @Test func tablesForPapersEscapeNames() throws {
    let golden = try Golden.read()
    let (first, second) = try (golden.system("first"), golden.system("third"))
    let report = try report([.init("a|b", first.dataset), .init("50 %_x,\"y\"", second.dataset)])
    #expect(report.markdown().contains("| a\\|b | 0."))
    #expect(report.latex().contains("50 \\%\\_x,\"y\" & 0."))
    #expect(report.latex().contains("$^{*}$"))
    #expect(report.csv().contains("BLEU-1,\"50 %_x,\"\"y\"\"\",0."))
    #expect(report.plot.svg.contains("<svg"))
    #expect(report.signature.hasSuffix("|bs:1000|ar:10000|seed:12345"))
  }
}
