import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import MetricsSupport
import Foundation
import JSON
import TestSupport
import Testing

/// All metrics of a report are about the same captions, whatever one of them had to skip.
@Suite struct OneCountTests {
  private let stub = StubEmbedder(
    images: ["a.jpg": [1, 0], "c.jpg": [0, 1]],
    texts: [
      "A photo depicts a dog runs": [1, 0], "A photo depicts a cat sits": [0, 1],
      "A photo depicts a red ball": [1, 1],
      "A photo depicts the dog runs fast": [1, 0], "A photo depicts cats sit": [0, 1],
      "A photo depicts a ball": [1, 1],
    ], truncated: ["A photo depicts a red ball"])

  private func items(_ names: [String]) -> [CaptionDataset.Item] {
    let texts = [
      "a": ("a dog runs", ["the dog runs fast"]), "b": ("a red ball", ["a ball"]),
      "c": ("a cat sits", ["cats sit"]),
    ]
    return names.map { name in
      .init(
        id: name, candidate: texts[name]?.0 ?? "", references: texts[name]?.1 ?? [],
        image: URL(fileURLWithPath: "/images/\(name).jpg"))
    }
  }

  private func report(_ names: [String], _ metrics: [any CaptionMetric]) throws -> ScoreReport {
    var evaluation = CaptionEvaluation(metrics: metrics)
    evaluation.keepGoing = true
    return try evaluation.report(
      on: CaptionDataset(name: "captions", items: items(names)), embedder: stub,
      provenance: Provenance(version: "1"))
  }

  @Test func whatCannotBeDecodedCountsInNoMetric() throws {
    let metrics: [any CaptionMetric] = [
      BLEU(), ROUGEL(), CIDEr(), CLIPScore(for: stub), RefCLIPScore(for: stub),
    ]
    let found = try report(["a", "b", "c"], metrics)
    let expected = try report(["a", "c"], metrics)
    #expect(found.captions.map(\.id) == ["a", "c"])
    #expect(found.scores == expected.scores)
    #expect(found.scores.allSatisfy { $0.perCaption.count == 2 && $0.perCaption.allSatisfy { $0 != nil } })
    #expect(found.provenance.sources.contains(DocumentFrequencySource.corpus(images: 2).source))
    #expect(found.provenance.truncated.candidates == 0, "of a caption that is scored")
    #expect(found.provenance.skipped.map(\.id) == ["b"])
  }

  @Test func tableJSONAndSignatureHaveTheSameCount() throws {
    let report = try report(["a", "b", "c"], [ROUGEL(), CLIPScore(for: stub)])
    #expect(report.table().hasPrefix("Scores of 2 captions, 1 skipped\n"))
    let json = try JSONValue(parsing: report.json().utf8).object
    #expect(json?["count"] == .integer(2) && json?["skipped"] == .integer(1))
    #expect(report.provenance.signature.contains("|captions:2|skipped:1|"), "\(report.provenance.signature)")
    let whole = try self.report(["a", "c"], [ROUGEL(), CLIPScore(for: stub)])
    #expect(whole.provenance.signature.contains("|captions:2|words:"), "nothing skipped, nothing said")
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("lines.jsonl")
      try report.writeLines(to: file)
      #expect(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").count == 2)
    }
  }

  @Test func nothingLeftIsAnError() {
    #expect(throws: CLIPScoreError.nothingToScore) { try report(["b"], [ROUGEL(), CLIPScore(for: stub)]) }
  }

  @Test func judgedMetricsAreComparedOnTheSameCaptions() throws {
    let set = JudgementSet(
      name: "own",
      items: items(["a", "b", "c", "a"]).enumerated().map { index, item in
        .init(id: "\(index)", image: "\(item.id).jpg", candidate: item.candidate, references: item.references)
      }, judgements: .ratings((0..<4).map { .init(item: $0, value: Double($0)) }, coefficient: .kendallC))
    try TestData.withTemporaryFolder { folder in
      for name in ["a.jpg", "b.jpg", "c.jpg"] { try Data().write(to: folder.appendingPathComponent(name)) }
      let scores = folder.appendingPathComponent("mine.jsonl")
      try Data((0..<4).map { "{\"id\": \($0), \"score\": \($0 == 3 ? "null" : "\($0)")}\n" }.joined().utf8)
        .write(to: scores)
      var evaluation = JudgementEvaluation(metrics: [ROUGEL(), CLIPScore(for: stub)])
      evaluation.bootstrap = Bootstrap(seed: 0, resamples: 0)
      evaluation.keepGoing = true
      let provenance = Provenance(version: "1")
      let two = try evaluation.report(on: set, images: [folder], embedder: stub, provenance: provenance)
      #expect(two.metrics.map(\.rows) == [3, 3])
      evaluation.given = [try GivenScores(contentsOf: scores, keepGoing: true)]
      let three = try evaluation.report(on: set, images: [folder], embedder: stub, provenance: provenance)
      #expect(three.metrics.map(\.rows) == [2, 2, 2])
      #expect(three.provenance.skipped.map(\.id) == ["1", "3"])
      #expect(three.provenance.captionCount == 2)
      let error = #expect(throws: JudgementError.self) { try GivenScores(contentsOf: scores) }
      #expect(
        error?.description.contains("line 4, id \"3\": \"score\" is null where a number must be") == true)
    }
  }

  @Test(arguments: [
    #"{"id": "x", "candidate": "b", "rating": null}"#, #"{"id": "x", "candidate": "b", "rating": NaN}"#,
    #"{"id": "x", "candidate": null, "rating": 1}"#, #"{"id": "x", "candidate": "", "rating": 1}"#,
    #"{"id": "x", "caption": NaN, "rating": 1}"#, #"{"id": "x", "candidate": "b", "ratings": [null]}"#,
  ])
  func missingRatingsAreErrorsOrSkipped(_ line: String) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.jsonl")
      let good = #"{"candidate": "a", "ratings": [1, 2]}"#
      try Data("\(good)\n\(line)\n".utf8).write(to: file)
      let error = #expect(throws: JudgementError.self) { try JudgementSet(contentsOf: file) }
      #expect(error?.description.contains("line 2, id \"x\": ") == true, "\(String(describing: error))")
      let set = try JudgementSet(contentsOf: file, keepGoing: true)
      #expect(set.items.map(\.candidate) == ["a"])
      #expect(set.skipped.map(\.id) == ["x"])
      #expect(set.skipped.allSatisfy { !$0.reason.contains("--keep-going") })
    }
  }

  @Test func missingPreferencesAreErrorsOrSkipped() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.jsonl")
      let lines = [
        #"{"candidates": ["a", "b"], "preferred": 1}"#,
        #"{"id": "x", "candidates": ["a", "b"], "preferred": null}"#,
        #"{"id": "y", "candidates": ["a", ""], "preferred": 1}"#,
      ]
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      let error = #expect(throws: JudgementError.self) { try JudgementSet(contentsOf: file) }
      #expect(error?.description.contains("id \"x\": \"preferred\" is null") == true)
      let set = try JudgementSet(contentsOf: file, keepGoing: true)
      #expect(set.judgements.count == 1 && set.skipped.map(\.id) == ["x", "y"])
    }
  }

  @Test(arguments: [
    ("BLEU-4", "bleu"), ("bleu", "bleu"), ("Bleu_4", "bleu"), ("BLEU 1", "bleu"), ("ROUGE-L", "rouge"),
    ("rougeL", "rouge"), ("ROUGE", "rouge"), ("CIDEr", "cider"), ("cider-d", "cider"), ("METEOR", "meteor"),
    ("CLIPScore", "clipscore"), ("CLIP-S", "clipscore"), ("RefCLIPScore", "refclipscore"),
    ("ref_clip_score", "refclipscore"), ("RefCLIP-S", "refclipscore"),
  ])
  func metricsHaveTheNamesThatArePrintedAndOthers(_ name: String, _ metric: String) throws {
    #expect(MetricRegistry.standard[name]?.name == metric)
    #expect(
      try MetricSelection("\(name), cider").names
        == MetricRegistry.standard.names.filter { [metric, "cider"].contains($0) })
  }

  @Test(arguments: [
    ("BLEU-4", ["BLEU-1", "BLEU-2", "BLEU-3"]), ("b4,bleu_1,cider", ["BLEU-2", "BLEU-3"]), ("bleu", []),
    ("bleu,BLEU-4", []), ("cider", []), ("all", []),
  ])
  func aPrintedNameOfOneValueHidesTheOthers(_ names: String, _ hidden: [String]) throws {
    #expect(try MetricSelection(names).hiddenValues == Set(hidden))
  }

  @Test func aNearMissNamesTheNearestMetric() {
    for (name, nearest) in [
      ("blue", "bleu"), ("CIDErr", "cider"), ("clip-scor", "clipscore"), ("rogue-l", "rouge"),
    ] {
      let error = #expect(throws: ScoringError.self) { try MetricSelection(name) }
      #expect(
        error?.description.contains("there is no metric \"\(name)\" (the nearest is \"\(nearest)\")") == true)
    }
    let far = #expect(throws: ScoringError.self) { try MetricSelection("perplexity") }
    #expect(far?.description.hasPrefix("there is no metric \"perplexity\"; choose from bleu,") == true)
  }

  @Test func rowsThatAreMissingAreNamed() {
    #expect(throws: EmbeddingError.noRows(name: "the images")) {
      let none = try Embeddings(values: [], dimension: 4, name: "the images")
      let texts = Embeddings(count: 1, dimension: 4)
      try RetrievalEvaluation().ranks(
        images: none, texts: texts, pairs: RetrievalPairs(imageRowOfText: [0], imageCount: 0))
    }
    #expect(throws: EmbeddingError.incompleteRows(name: "the images", numbers: 5, width: 4)) {
      try Embeddings(values: [1, 2, 3, 4, 5], dimension: 4, name: "the images")
    }
    #expect(throws: EmbeddingError.incompleteRows(name: "the images", numbers: 1, width: 0)) {
      try Embeddings(values: [1], dimension: 0, name: "the images")
    }
  }
}
