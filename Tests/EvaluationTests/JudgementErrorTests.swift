import CaptionMetrics
import Evaluation
import Files
import Foundation
import TestSupport
import Testing

@Suite struct JudgementErrorTests {
  private func read(_ lines: String) throws -> JudgementSet {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.jsonl")
      try Data(lines.utf8).write(to: file)
      return try JudgementSet(contentsOf: file)
    }
  }

  private func sentence(_ body: () throws -> some Any) -> String {
    do {
      _ = try body()
      return "no error"
    } catch let error as JudgementError {
      return error.description
    } catch {
      return "another error: \(error)"
    }
  }

  @Test func ratingsOfOnesOwnMayBeSeveral() throws {
    let set = try read(
      """
      {"id": "a", "image": "1.jpg", "candidate": "a cat", "references": ["the cat"], "rating": 3}
      {"id": 2, "image": "1.jpg", "caption": "a dog", "references": "the cat", "ratings": [1, 2.5]}

      """)
    #expect(set.items.map(\.id) == ["a", "2"])
    #expect(
      set.judgements
        == .ratings(
          [.init(item: 0, value: 3), .init(item: 1, value: 1), .init(item: 1, value: 2.5)],
          coefficient: .kendallC))
  }

  @Test func pairsOfOnesOwnMayBeUndecided() throws {
    let set = try read(
      """
      {"image": "1.jpg", "candidates": ["a", "b"], "preferred": 2, "category": "easy"}
      {"image": "1.jpg", "candidates": ["a", "b"], "preferred": 0}
      """)
    #expect(set.items.map(\.id) == ["1:1", "1:2"])
    #expect(
      set.judgements
        == .preferences([.init(first: 0, second: 1, prefersFirst: false, category: "easy")], tie: .half))
    #expect(set.warnings.count == 1)
    #expect(set.rules.hasPrefix("share of pairs, mean over categories;"))
  }

  @Test(arguments: [
    (#"{"candidate": "a""#, "line 1"), ("[1]", "an object is expected"),
    ("image,candidate,rating\na.jpg,a cat,4", "line 1: there is no JSON value"),
    (
      "image,candidate,rating\na.jpg,a cat,4", "each line must be a JSON object, as plumb judge --help shows."
    ),
    (#"{"candidate": "a"}"#, #""rating""#),
    (#"{"candidate": "a", "rating": "good"}"#, #""rating" is "good""#),
    (#"{"candidate": "a", "ratings": [1, null]}"#, "null where a number"),
    (#"{"candidate": "a", "rating": NaN}"#, "where a number"), (#"{"rating": 1}"#, #""candidate""#),
    (#"{"candidates": ["a"], "preferred": 1}"#, "with two texts"),
    (#"{"candidates": ["a", "b"], "preferred": 3}"#, "1, 2, or 0"),
    (#"{"candidate": 5, "rating": 1}"#, "must be a string"),
    (
      "{\"id\": 1, \"candidate\": \"a\", \"rating\": 1}\n{\"id\": \"1\", \"candidate\": \"b\", \"rating\": 1}",
      "already on line 1"
    ),
    ("{\"candidate\": \"a\", \"rating\": 1}\n{\"candidates\": [\"a\", \"b\"], \"preferred\": 1}", "line 2"),
    (#"{"candidate": "a", "rating": 1}"#, "no judgement"),
  ])
  func whatIsWrongIsToldByFileAndLine(lines: String, part: String) {
    let found = sentence { try read(lines) }
    #expect(found.contains("own.jsonl"))
    #expect(found.contains(part), "\(found)")
  }

  @Test func aMissingFileIsNamedWithItsFolder() throws {
    try TestData.withTemporaryFolder { folder in
      for (name, file) in [
        (JudgementProtocol.flickr8kExpert, "ExpertAnnotations.txt"),
        (.flickr8kCF, "CrowdFlowerAnnotations.txt"), (.composite, "8k_correctness.csv"),
        (.pascal50S, "consensus_pascal.mat"), (.foil, "foilv1.0_test_2017.json"),
      ] {
        let found = sentence { try JudgementSet(name, in: folder) }
        #expect(found.contains(folder.relativePath) && found.contains(file) && found.contains(name.rawValue))
      }
    }
  }

  @Test func aNearNameIsSuggested() {
    #expect(sentence { try JudgementProtocol(named: "flickr8-expert") }.contains("mean flickr8k-expert?"))
    #expect(sentence { try JudgementProtocol(named: "pascal50s") }.contains("mean pascal-50s?"))
    #expect(sentence { try JudgementProtocol(named: "xyz") }.contains("choose from flickr8k-expert"))
    #expect((try? JudgementProtocol(named: "Flickr8k_CF")) == .flickr8kCF)
  }

  @Test(arguments: [
    ("1.jpg\t1.jpg#0\t1\t2", "5 columns"), ("1.jpg\t1.jpg#0\t1\t2\tgood", #"is "good""#),
    ("1.jpg\t9.jpg#0\t1\t2\t3", #"the caption "9.jpg#0" is not in"#),
    ("9.jpg\t1.jpg#0\t1\t2\t3", #"the image "9.jpg" is not in"#),
  ])
  func aBadRowOfFlickr8kIsTold(row: String, part: String) throws {
    try TestData.withTemporaryFolder { folder in
      try Data("1.jpg#0\ta cat .\n".utf8).write(to: folder.appendingPathComponent("Flickr8k.token.txt"))
      try Data("\n\(row)\n".utf8).write(to: folder.appendingPathComponent("ExpertAnnotations.txt"))
      let found = sentence { try JudgementSet(.flickr8kExpert, in: folder) }
      #expect(found.contains("ExpertAnnotations.txt, line 2"), "\(found)")
      #expect(found.contains(part), "\(found)")
    }
  }

  /// Files whose labels are 1 and 2 would otherwise be judged as if people had never preferred the first.
  @Test(arguments: ["2", "-1", "0.5", "NaN", "null"]) func aBadLabelOfPascal50SIsTold(label: String) throws {
    try TestData.withTemporaryFolder { folder in
      let pairs = ["0", label].map { #"{"image": "1.jpg", "captions": ["a", "b"], "label": \#($0)}"# }
      try Data(#"{"HC": [\#(pairs.joined(separator: ", "))]}"#.utf8)
        .write(to: folder.appendingPathComponent("pascal_50s.json"))
      let found = sentence { try JudgementSet(.pascal50S, in: folder) }
      #expect(
        found.contains("pascal_50s.json") && found.contains("HC 1") && found.contains("label"), "\(found)")
    }
  }

  @Test func aBadRowOfCompositeIsTold() throws {
    let folder = JudgementFixtures.folder.appendingPathComponent("composite")
    try TestData.withTemporaryFolder { scratch in
      let copy = scratch.appendingPathComponent("set")
      try FileManager.default.copyItem(at: folder, to: copy)
      let file = copy.appendingPathComponent("8k_correctness.csv")
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\r\n").map(String.init)
      for (edit, part) in [
        ({ $0.replacingOccurrences(of: "http://", with: "") }, "no address"),
        ({ String($0.dropLast()) + "good" }, "rating 3"),
        ({ $0.split(separator: ";").dropLast(2).joined(separator: ";") }, "fields"),
      ] as [((String) -> String, String)] {
        var changed = lines
        changed[2] = edit(changed[2])
        try Data(changed.joined(separator: "\n").utf8).write(to: file)
        let found = sentence { try JudgementSet(.composite, in: copy) }
        #expect(found.contains("8k_correctness.csv, line 3") && found.contains(part), "\(found)")
      }
    }
  }

  @Test func scoresFromElsewhereMustBeWhole() throws {
    let set = try JudgementFixtures.set(.flickr8kExpert, "flickr8k")
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("mine.jsonl")
      let write = { (lines: [String]) in try Data(lines.joined(separator: "\n").utf8).write(to: file) }
      let report = {
        var evaluation = JudgementEvaluation(metrics: [])
        evaluation.given = [try GivenScores(contentsOf: file)]
        return try evaluation.report(on: set, provenance: Provenance(version: "test"))
      }
      try write(set.items.dropFirst(7).map { #"{"id": "\#($0.id)", "score": 1}"# })
      #expect(sentence(report).contains("7 of 64 captions have no score: \"\(set.items[0].id)\""))
      try write([#"{"id": "a", "score": 1}"#, "", #"{"id": "a", "score": 1}"#])
      #expect(sentence(report).contains("mine.jsonl, line 3: id \"a\" is already on line 1"))
      try write([#"{"id": "a", "score": "high"}"#])
      #expect(sentence(report).contains("mine.jsonl, line 1"))
      // A constant metric has no coefficient, and that is said and not hidden.
      try write((set.items.map(\.id) + ["stranger"]).map { #"{"id": "\#($0)", "score": 1}"# })
      let constant = try report()
      #expect(constant.metrics.first.map { constant.leadingValue(of: $0) } == .some(nil))
      #expect(constant.metrics.first?.interval == nil)
      #expect(try constant.json().contains("\"tau_c\": null"))
      #expect(
        constant.provenance.warnings.contains { $0.contains("1 score belongs") })
      #expect(constant.table().contains("–"))
      #expect(constant.provenance.warnings.contains { $0.hasPrefix("mine has no coefficient") })
    }
  }

  @Test func ratingsByRubricNeedTheirReferences() throws {
    try TestData.withTemporaryFolder { folder in
      func set(_ name: JudgementProtocol, _ lines: String, _ references: String) throws -> JudgementSet {
        try Data(lines.utf8).write(to: folder.appendingPathComponent("THumB-1.0.jsonl"))
        try Data(references.utf8).write(to: folder.appendingPathComponent("references.json"))
        return try JudgementSet(name, in: folder)
      }
      func line(_ segment: String, _ source: String, _ score: String) -> String {
        "{\"SYS\": \"\(source)\", \"seg_id\": \"\(segment)\", \"hyp\": \"a  cat\", \"image\": \"\(segment).jpg\", "
          + "\"P\": 4.0, \"R\": 2, \"human_score\": \(score)}\n"
      }
      let references = "{\"seg_id\": \"7\", \"refs\": [\"a cat\", \"the cat\"]}\n"
      let good = line("7", "A", "3.0") + line("7", "Human", "2.5")
      let total = try set(.thumb, good, references)
      #expect(total.items.map(\.id) == ["7:A", "7:Human"] && total.items[0].candidate == "a cat")
      #expect(total.items[1].references == ["a cat", "the cat"])
      #expect(
        total.judgements
          == .ratings([.init(item: 0, value: 3), .init(item: 1, value: 2.5)], coefficient: .kendallC))
      #expect(
        try set(.thumbRecall, good, references).judgements
          == .ratings([.init(item: 0, value: 2), .init(item: 1, value: 2)], coefficient: .kendallC))
      for (lines, words) in [
        (good + line("8", "A", "1"), "\"8\""), (good + line("7", "A", "1"), "already on line 1"),
        (line("7", "A", "\"high\""), "\"high\""), (line("7", "A", "null"), "human_score"), ("{", "line 1"),
        ("{\"SYS\": \"A\"}", "seg_id"), (line("7", "A", "3"), "no judgement"),
      ] {
        #expect(sentence { try set(.thumb, lines, references) }.contains(words), "\(lines)")
      }
      try FileManager.default.removeItem(at: folder.appendingPathComponent("references.json"))
      #expect(sentence { try JudgementSet(.thumb, in: folder) }.contains("references.json"))
    }
  }
}
