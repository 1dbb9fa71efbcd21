import CaptionMetrics
import Evaluation
import Foundation
import TestSupport
import Testing

/// Made-up sets in the layouts of the published ones, from `make_judgements.py`.
enum JudgementFixtures {
  struct Expected: Decodable {
    let rows: Int
    let tau_b: Double?
    let tau_c: Double?
    let spearman: Double?
    let pearson: Double?
    let accuracy: Double?
    let categories: [String: Double]?
  }

  static let folder = TestData.fixtures().appendingPathComponent("judgement", isDirectory: true)

  static func expected(_ name: String) throws -> Expected {
    struct Golden: Decodable {
      let values: [String: Expected]
      struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
      }
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var values: [String: Expected] = [:]
        for key in container.allKeys where key.stringValue != "scipy" && key.stringValue != "numpy" {
          values[key.stringValue] = try container.decode(Expected.self, forKey: key)
        }
        self.values = values
      }
    }
    let data = try Data(contentsOf: folder.appendingPathComponent("protocols.json"))
    return try #require(try JSONDecoder().decode(Golden.self, from: data).values[name])
  }

  static func set(_ name: JudgementProtocol, _ path: String) throws -> JudgementSet {
    try JudgementSet(name, in: folder.appendingPathComponent(path, isDirectory: true))
  }

  /// The largest share of a candidate's words that are in one reference.
  static func sharedWords(_ item: JudgementSet.Item) -> Double {
    let words = item.candidate.split(separator: " ")
    return item.references.map { reference in
      let known = Set(reference.split(separator: " "))
      return Double(words.count { known.contains($0) }) / Double(words.count)
    }.max() ?? -1
  }

  /// Judges a metric that is a function of a caption, as one from elsewhere.
  static func judge(
    _ set: JudgementSet, by score: (JudgementSet.Item) -> Double
  ) throws -> (report: JudgementReport, metric: JudgedMetric) {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("mine.jsonl")
      let lines = set.items.map { #"{"id": "\#($0.id)", "score": \#(score($0))}"# }
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      var evaluation = JudgementEvaluation(metrics: [])
      evaluation.given = [try GivenScores(contentsOf: file)]
      evaluation.bootstrap.resamples = 20
      let report = try evaluation.report(on: set, provenance: Provenance(version: "test"))
      return (report, try #require(report.metrics.first))
    }
  }
}

@Suite struct JudgementProtocolTests {
  private static let tolerance = 1e-12

  @Test(arguments: [
    (JudgementProtocol.flickr8kExpert, "flickr8k", Correlation.kendallC),
    (.flickr8kExpert, "flickr8k/json", .kendallC), (.flickr8kCF, "flickr8k", .kendallB),
    (.flickr8kCF, "flickr8k/json", .kendallB), (.composite, "composite", .kendallC),
  ])
  func ratingsCorrelateAsSciPyHasThem(
    name: JudgementProtocol, path: String, coefficient: Correlation
  ) throws {
    let expected = try JudgementFixtures.expected(name.rawValue)
    let set = try JudgementFixtures.set(name, path)
    let (report, metric) = try JudgementFixtures.judge(set, by: JudgementFixtures.sharedWords)
    #expect(report.rows == expected.rows)
    #expect(report.coefficient == coefficient)
    #expect(metric.name == "mine")
    guard case .correlations(let found) = metric.agreement else {
      Issue.record("these are ratings")
      return
    }
    for (value, other) in [
      (found.kendallB, expected.tau_b), (found.kendallC, expected.tau_c), (found.spearman, expected.spearman),
      (found.pearson, expected.pearson),
    ] {
      let difference = try #require(value) - #require(other)
      #expect(abs(difference) <= Self.tolerance)
    }
    #expect(metric.interval != nil)
  }

  @Test(arguments: [JudgementProtocol.flickr8kExpert, .flickr8kCF])
  func bothLayoutsOfFlickr8kAreOneSet(name: JudgementProtocol) throws {
    let texts = try JudgementFixtures.set(name, "flickr8k")
    let document = try JudgementFixtures.set(name, "flickr8k/json")
    #expect(texts.items == document.items)
    #expect(texts.judgements == document.judgements)
    #expect(texts.items.first?.id == texts.items.first.map { "\($0.image):0" })
  }

  @Test func compositeLeavesOutTheFourthCaptionAndTheJudgedReferences() throws {
    let set = try JudgementFixtures.set(.composite, "composite")
    #expect(set.items.count == 72)
    #expect(set.items.allSatisfy { $0.references.count == 4 })
  }

  @Test(arguments: ["pascal", "pascal/json"])
  func pairsAreJudgedByTheirCategories(path: String) throws {
    let expected = try JudgementFixtures.expected("pascal-50s")
    let set = try JudgementFixtures.set(.pascal50S, path)
    let (report, metric) = try JudgementFixtures.judge(set) {
      Double($0.candidate.split(separator: " ").count)
    }
    #expect(report.rows == expected.rows)
    #expect(report.coefficient == nil)
    guard case .accuracy(let accuracy) = metric.agreement else {
      Issue.record("these are pairs")
      return
    }
    let share = try #require(expected.accuracy)
    #expect(abs(try #require(accuracy.overall) - share) <= Self.tolerance)
    #expect(
      Dictionary(uniqueKeysWithValues: accuracy.categories.map { ($0.name, $0.share) })
        == expected.categories)
  }

  /// Nor has it a part in the mean.
  @Test func aCategoryOfWhichNoPairHasScoresHasNoShare() throws {
    try TestData.withTemporaryFolder { folder in
      let (pairs, scores) = (
        folder.appendingPathComponent("own.jsonl"), folder.appendingPathComponent("m.jsonl")
      )
      try Data(
        """
        {"id": 1, "candidates": ["a", "b"], "preferred": 1, "category": "easy"}
        {"id": 2, "candidates": ["c", "d"], "preferred": 1, "category": "hard"}
        """.utf8
      ).write(to: pairs)
      let set = try JudgementSet(contentsOf: pairs)
      for (missing, overall, easy) in [("2:2", 1.0, 1.0), ("1:1 2:2", nil, nil)]
        as [(String, Double?, Double?)]
      {
        let lines = zip(set.items.map(\.id), [4, 3, 2, 1]).map { id, score in
          #"{"id": "\#(id)", "score": \#(missing.split(separator: " ").contains(id[...]) ? "null" : "\(score)")}"#
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: scores)
        var evaluation = JudgementEvaluation(metrics: [])
        evaluation.given = [try GivenScores(contentsOf: scores, keepGoing: true)]
        evaluation.bootstrap.seed = .max
        let report = try evaluation.report(on: set, provenance: Provenance(version: "test"))
        guard case .accuracy(let accuracy)? = report.metrics.first?.agreement else {
          Issue.record("these are pairs")
          return
        }
        #expect(accuracy.overall == overall)
        let shares = accuracy.categories.map(\.share)
        #expect(shares == [easy, nil])
        let json = try report.json()
        #expect(json.contains(#""hard": null"#) && report.table().contains(" –"))
        #expect(json.contains(#""seed": "18446744073709551615""#))
        #expect(report.provenance.warnings.isEmpty)
      }
    }
  }

  @Test func fiveReferencesAreDrawnFiveTimesAndTheSameForBothCaptions() throws {
    let set = try JudgementFixtures.set(.pascal50S, "pascal")
    #expect(set.draws == .init(count: 5, size: 5))
    #expect(set.items.allSatisfy { $0.references.count == 48 })
    var evaluation = JudgementEvaluation(metrics: [ROUGEL()])
    evaluation.bootstrap = Bootstrap(seed: 4, resamples: 10)
    let first = try evaluation.report(on: set, provenance: Provenance(version: "test"))
    evaluation.threads = 1
    let again = try evaluation.report(on: set, provenance: Provenance(version: "test"))
    #expect(first.metrics == again.metrics)
    guard case .accuracy(let accuracy)? = first.metrics.first?.agreement else {
      Issue.record("these are pairs")
      return
    }
    // A mean over five draws of four pairs a category.
    for share in accuracy.categories.compactMap(\.share) {
      #expect(abs((share * 20).rounded() - share * 20) < 1e-9)
    }
  }

  @Test(arguments: [("foil", nil), ("foil, one reference", 1)])
  func aTrueCaptionMustScoreStrictlyHigher(name: String, references: Int?) throws {
    let expected = try JudgementFixtures.expected(name)
    var set = try JudgementFixtures.set(.foil, "foil")
    if let references { set.limitReferences(to: references) }
    let (report, metric) = try JudgementFixtures.judge(set, by: JudgementFixtures.sharedWords)
    #expect(report.rows == expected.rows)
    guard case .accuracy(let accuracy) = metric.agreement else {
      Issue.record("these are pairs")
      return
    }
    let share = try #require(expected.accuracy)
    #expect(abs(try #require(accuracy.overall) - share) <= Self.tolerance)
    #expect(accuracy.categories.isEmpty)
    for item in set.items where item.id.hasSuffix(":true") {
      #expect(!item.references.contains(item.candidate))
      #expect(item.image.hasPrefix("COCO_val2014_0000"))
    }
  }

  @Test(arguments: ["COCO_val2014_000000000304.jpg", "000000000304.jpg", "some name.jpg", nil])
  func imagesOfFOILAreFoundByTheirNumberWhateverTheirNames(name: String?) throws {
    try TestData.withTemporaryFolder { folder in
      let file = name.map { #", "file_name": "\#($0)""# } ?? ""
      let images = #""images": [{"id": 304\#(file)}]"#
      let foil = [("true", "a dog ."), ("false", "a cat .")].map { kind, text in
        #"{"id": 1, "image_id": 304, "caption": "\#(text)", "foil": \#(kind)}"#
      }.joined(separator: ", ")
      let coco = ["a cat .", "one cat"].map { #"{"image_id": 304, "id": 1, "caption": "\#($0)"}"# }
        .joined(separator: ", ")
      for (path, list) in [("foilv1.0_test_2017.json", foil), ("captions_val2014.json", coco)] {
        try Data("{\(images), \"annotations\": [\(list)]}".utf8).write(
          to: folder.appendingPathComponent(path))
      }
      let set = try JudgementSet(.foil, in: folder)
      #expect(set.items.map(\.candidate) == ["a cat .", "a dog ."])
      #expect(set.items.allSatisfy { $0.references == ["one cat"] })
      #expect(set.items[0].image == name ?? "COCO_val2014_000000000304.jpg")
    }
  }

  @Test func damagedMATLABFilesAreRefusedAndNeverCrash() throws {
    let folder = JudgementFixtures.folder.appendingPathComponent("pascal")
    let plain = try Data(contentsOf: folder.appendingPathComponent("plain/pair_pascal.mat"))
    let compressed = try Data(contentsOf: folder.appendingPathComponent("pair_pascal.mat"))
    try TestData.withTemporaryFolder { scratch in
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("consensus_pascal.mat"),
        to: scratch.appendingPathComponent("consensus_pascal.mat"))
      let file = scratch.appendingPathComponent("pair_pascal.mat")
      try plain.write(to: file)
      #expect(try JudgementSet(.pascal50S, in: scratch).judgements.count == 16)
      for length in [0, 100, 128, 140, 500, plain.count - 1] {
        try plain.prefix(length).write(to: file)
        #expect(throws: JudgementError.self) { try JudgementSet(.pascal50S, in: scratch) }
      }
      Fuzzing.run(corpus: [plain, compressed], seed: 8, iterations: 150) { data in
        try data.write(to: file)
        _ = try JudgementSet(.pascal50S, in: scratch)
      }
    }
  }
}
