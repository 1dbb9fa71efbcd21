import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Files
import MetricsSupport
import Foundation
import TestSupport
import Testing

@Suite struct CompositionTests {
  /// Embeds a rectangle as an image named after its left edge.
  private struct RegionStub: ImageRegionEmbedder {
    let stub: StubEmbedder
    var dimension: Int { stub.dimension }
    var provenance: ModelProvenance { stub.provenance }

    func embedImages(at urls: [URL], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems {
      try stub.embedImages(at: urls, keepGoing: keepGoing, progress: progress)
    }

    func embedTexts(_ texts: [String], keepGoing: Bool, progress: EmbeddingProgress?) throws -> EmbeddedItems
    {
      try stub.embedTexts(texts, keepGoing: keepGoing, progress: progress)
    }

    func embedRegions(
      _ regions: [ImageRegion], keepGoing: Bool, progress: EmbeddingProgress?
    ) throws -> EmbeddedItems {
      let urls = regions.map { region in
        region.box.map { URL(fileURLWithPath: "\(region.url.lastPathComponent)@\($0.x)") } ?? region.url
      }
      return try stub.embedImages(at: urls, keepGoing: keepGoing, progress: progress)
    }
  }

  private let embedder = RegionStub(
    stub: StubEmbedder(
      images: ["a.jpg": [1, 0], "b.jpg": [0, 1], "a.jpg@3": [0, 1], "a.jpg@5": [1, 0]],
      texts: ["x": [1, 0.1], "y": [0.1, 1], "z": [0.2, 2]]))

  private func set(_ text: String, _ name: String = "swap_obj.json", keepGoing: Bool = false) throws
    -> CompositionSet
  {
    try CompositionSet(TextFile(name: name, bytes: Array(text.utf8)), keepGoing: keepGoing)
  }

  private func result(_ set: CompositionSet, keepGoing: Bool = false) throws -> CompositionResult {
    try TestData.withTemporaryFolder { folder in
      for name in ["a.jpg", "b.jpg", "broken.jpg"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      return try Composition(keepGoing: keepGoing).result(set, images: folder, embedder: embedder)
    }
  }

  private func crepe(_ image: String, _ caption: String, _ negative: String) -> String {
    #"{"filename": "\#(image)", "caption": "\#(caption)", "negative_caption": "\#(negative)"}"#
  }

  @Test func onlyAStrictlyHigherCosineIsRight() throws {
    // y and z have one direction: a tie.
    let rows = [
      crepe("a.jpg", "x", "y"), crepe("b.jpg", "x", "y"), crepe("a.jpg", "y", "z"), crepe("b", "y", "x"),
    ]
    let text = "{" + rows.enumerated().map { "\"\($0.offset)\": \($0.element)" }.joined(separator: ", ") + "}"
    let result = try self.result(set(text))
    #expect(result.groups == [result.groups[0]])
    #expect(result.groups[0].name == "swap_obj")
    #expect(result.groups[0].right == 2 && result.groups[0].compared == 4)
    #expect(result.mean == 0.5)
  }

  @Test func aBoxIsRoundedAsPillowDoes() throws {
    let set = try set(
      #"[{"image_path": "a.jpg", "true_caption": "x", "false_caption": "y", "relation_name": "on", "bbox_x": 2.5, "bbox_y": -1, "bbox_w": 3.0, "bbox_h": 4}]"#
    )
    #expect(set.kind == .relation)
    #expect(set.cases.first?.box == ImageRegion.Box(x: 2, y: -1, width: 4, height: 4))
  }

  private func aro(_ extra: String, x: Int, _ true_: String, _ false_: String) -> String {
    """
    {"image_path": "a.jpg", "true_caption": "\(true_)", "false_caption": "\(false_)", \(extra), "bbox_x": \(x), \
    "bbox_y": 0, "bbox_w": 2, "bbox_h": 2}
    """
  }

  @Test func symmetricRelationsAndRareAttributesDoNotCount() throws {
    let relations = ["on", "on", "near", "riding"].enumerated().map {
      aro("\"relation_name\": \"\($0.element)\"", x: $0.offset == 0 ? 3 : 5, "x", "y")
    }
    let first = try result(set("[" + relations.joined(separator: ",") + "]"))
    #expect(first.groups.map(\.name) == ["near", "on", "riding"])
    #expect(first.groups.map(\.accuracy) == [1, 0.5, 1])
    #expect(first.groups.map(\.counts) == [false, true, true])
    #expect(first.mean == 0.75 && first.accuracy == 0.75)
    let attributes =
      (0..<25).map { aro(#""attributes": ["red", "wet"]"#, x: $0 < 5 ? 3 : 5, "x", "y") }
      + (0..<24).map { _ in aro(#""attributes": ["old", "new"]"#, x: 3, "x", "y") }
    let second = try result(set("[" + attributes.joined(separator: ",") + "]"))
    #expect(second.kind == .attribution)
    #expect(second.groups.map(\.name) == ["old_new", "red_wet"])
    #expect(second.mean == 0.8)
    let report = EvaluationReport([first, second], provenance: Provenance(version: "1"))
    #expect(report.table().contains("VG-Relation, mean of 2        75.00          3       3"))
    #expect(try report.json().contains("\"in_mean\": false"))
  }

  @Test func whatIsMissingOrBrokenIsListed() throws {
    let text =
      "{\"0\": \(crepe("a.jpg", "x", "y")), \"1\": \(crepe("lost.jpg", "x", "y")), \"2\": \(crepe("broken.jpg", "x", "y"))}"
    #expect(throws: EvaluationError.self) { try self.result(set(text)) }
    let result = try self.result(set(text), keepGoing: true)
    #expect(result.groups[0].compared == 1 && result.groups[0].cases == 3)
    #expect(result.skipped.map(\.id) == ["swap_obj 1", "swap_obj 2"])
    #expect(throws: EvaluationError.noCases(set: "SugarCrepe")) {
      try self.result(set("{\"1\": \(crepe("lost.jpg", "x", "y"))}"), keepGoing: true)
    }
  }

  @Test func whatIsWrongIsSaidWithItsCase() throws {
    func problem(_ text: String) -> String {
      do {
        _ = try set(text)
        return "read"
      } catch { return sentence(for: error) }
    }
    #expect(problem("[1]").contains("neither SugarCrepe's layout"))
    #expect(problem("{\"0\": ").contains("swap_obj.json, line 1"))
    #expect(
      problem(#"{"7": {"negative_caption": "y", "caption": "x"}}"#).contains(
        "case 7: \"filename\" is nothing"))
    let noBox =
      #"[{"image_path": "a", "true_caption": "x", "false_caption": "y", "relation_name": "on", "bbox_x": "a"}]"#
    #expect(problem(noBox).contains("case 0: \"bbox_x\" is \"a\""))
    #expect(
      problem(noBox.replacingOccurrences(of: "\"a\"}", with: "1e300}")).contains("\"bbox_x\" is 1e+300"))
    let half =
      #"{"0": {"negative_caption": "y"}, "1": {"filename": "a", "caption": "x", "negative_caption": "y"}}"#
    let kept = try set(half, keepGoing: true)
    #expect(kept.cases.count == 1 && kept.skipped.map(\.id) == ["swap_obj 0"])
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func sugarCrepeHasItsCases() throws {
    let sets = try CompositionSet.read(try #require(TestData.shared).appendingPathComponent("sugarcrepe"))
    #expect(sets.map(\.cases.count) == [7511])
    #expect(Set(sets[0].cases.map(\.group)).count == 7)
  }

  @Test func damageNeverTraps() {
    let corpus = [
      "{\"0\": \(crepe("a.jpg", "x", "y"))}", "[\(aro("\"relation_name\": \"on\"", x: 3, "x", "y"))]",
      "[\(aro(#""attributes": ["a", "b"]"#, x: 3, "x", "y"))]",
    ].map { Data($0.utf8) }
    Fuzzing.run(corpus: corpus, seed: 41) {
      _ = try CompositionSet(TextFile(name: "x", bytes: Array($0)), keepGoing: true)
    }
  }
}
