import CLIP
import CaptionData
import CaptionMetrics
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ReportTests {
  private func report() throws -> ScoreReport {
    var provenance = Provenance(version: "1.2.3")
    provenance.inputs.candidates = "captions.json"
    provenance.model = ModelProvenance(
      name: "openai/clip-vit-base-patch32", fingerprint: "0123456789abcdef", precision: "f32",
      contextLength: 77,
      instructionSet: "AVX2")
    provenance.truncated.candidates = 1
    provenance.sources = [
      DocumentFrequencySource.corpus(images: 2).source, CLIPScoreFormula(.hessel).source,
    ]
    provenance.skipped = [
      SkippedItem(id: "c", reason: "id \"c\" has no image."), SkippedItem(id: nil, reason: "x"),
    ]
    provenance.warnings = ["few images"]
    var report = ScoreReport(
      captions: [.init(id: "a", caption: "a \"dog\"\n"), .init(id: "7", caption: "\u{E9}\u{1F600}\u{1}")],
      provenance: provenance)
    try report.add(BLEU().scales[0], corpus: 0.1 + 0.2, perCaption: [1, 1e-7])
    try report.add(CIDEr().scales[0], corpus: 12, perCaption: [0.25, 3])
    try report.add(CLIPScore(CLIPScoreFormula(.hessel)).scales[0], corpus: 0.8132, perCaption: [0.8132, nil])
    try report.add(
      RefCLIPScore(CLIPScoreFormula(.hessel)).scales[0], corpus: 0.8255, perCaption: [0.8255, nil])
    return report
  }

  @Test func theJSONHasTheContractsKeysAndAllDigits() throws {
    let text = try report().json()
    let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let corpus = try #require(json["corpus"] as? [String: Double])
    #expect(Set(corpus.keys) == ["BLEU-1", "CIDEr", "CLIPScore", "RefCLIPScore"])
    // Foundation's reader rounds the last digit otherwise, so the text itself is looked at.
    #expect(text.contains("\"BLEU-1\": 0.30000000000000004,"))
    let provenance = try #require(json["provenance"] as? [String: Any])
    #expect(provenance["version"] as? String == "1.2.3")
    #expect((provenance["model"] as? [String: Any])?["name"] as? String == "openai/clip-vit-base-patch32")
    #expect((provenance["clipscore"] as? [String: Any])?["definition"] as? String == "hessel")
    #expect((provenance["skipped"] as? [[String: Any]])?.count == 2)
    #expect(provenance["truncated_candidates"] as? Int == 1)
    #expect(provenance["references"] == nil)
  }

  @Test func theSignatureHasAllThatTheNumbersDependOn() throws {
    var report = try report()
    #expect(
      report.provenance.signature
        == "BLEU-1+CIDEr+CLIPScore+RefCLIPScore|plumb:1.2.3|captions:2|skipped:2|df:corpus-2|clipscore:hessel"
        + "|model:openai/clip-vit-base-patch32@0123456789abcdef|precision:f32")
    report.provenance.sources[0] =
      DocumentFrequencySource.file(name: "my|file", images: 9, checksum: "00ff").source
    report.provenance.sources.insert(.treebankWords, at: 0)
    report.provenance.model?.name = "a|b"
    let signature = report.provenance.signature
    #expect(signature.contains("|words:ptb|df:file-9-00ff|"))
    #expect(signature.contains("|model:a/b@"))
    #expect(try report.json().contains("\"signature\": \"\(signature)\""))
  }

  @Test func keysKeepTheirOrder() throws {
    let text = try report().json()
    let order = ["\"corpus\"", "\"BLEU-1\"", "\"CIDEr\"", "\"CLIPScore\"", "\"provenance\"", "\"version\""]
    let places = order.compactMap { text.range(of: $0)?.lowerBound }
    #expect(places.count == order.count && places == places.sorted())
  }

  @Test func aLineHasTheCaptionAndItsScores() throws {
    let report = try report()
    #expect(
      try report.line(for: 0)
        == #"{"id": "a", "caption": "a \"dog\"\n", "BLEU-1": 1.0, "CIDEr": 0.25, "CLIPScore": 0.8132, "RefCLIPScore": 0.8255}"#
    )
    #expect(
      try report.line(for: 1)
        == "{\"id\": \"7\", \"caption\": \"\u{E9}\u{1F600}\\u0001\", \"BLEU-1\": 1e-07, \"CIDEr\": 3.0, \"CLIPScore\": null, \"RefCLIPScore\": null}"
    )
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("lines.jsonl")
      try report.writeLines(to: file)
      #expect(
        try String(contentsOf: file, encoding: .utf8) == report.line(for: 0) + "\n" + report.line(for: 1)
          + "\n")
    }
  }

  @Test func theTableFitsEightyColumnsAndExplainsItself() throws {
    let table = try report().table()
    #expect(table.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(table.contains("  BLEU-1          0.3000   words shared with the references, 0 to 1\n"))
    #expect(table.contains("  CIDEr          12.0000   "))
    #expect(table.contains("image and caption, up to 2.5 (hessel)"))
    #expect(table.contains("0 to 1.43 (hessel)"))
    #expect(table.contains("f32, AVX2, 0123456789abcdef"))
    #expect(table.contains("1 caption at 77 tokens"))
    #expect(table.contains("2 items"))
  }

  @Test func whatIsNotANumberIsNeverReported() throws {
    var report = try report()
    let x = MetricScale(name: "X", range: 0...1, legend: "")
    #expect(throws: ReportError.notFinite(name: "X")) {
      try report.add(x, corpus: .nan, perCaption: [0, 0])
    }
    #expect(throws: ReportError.notFinite(name: "X")) {
      try report.add(x, corpus: 0, perCaption: [0, .infinity])
    }
    #expect(throws: ReportError.wrongCount(name: "X", expected: 2, found: 1)) {
      try report.add(x, corpus: 0, perCaption: [0])
    }
    #expect(throws: JSONNumberNotFinite(path: "a.b")) {
      try (["a": ["b": .number(.nan)]] as JSONValue).text()
    }
    #expect(ReportError.notFinite(name: "X").description.contains("not a finite number"))
    #expect(ReportError.wrongCount(name: "X", expected: 2, found: 1).description.contains("1 values for 2"))
  }

  @Test func jsonIsWellFormedForEveryKindOfValue() throws {
    let value: JSONValue = [
      "a": [.null, .bool(true), .integer(-3), .number(1e300), .number(-0.0), "x"], "empty": [],
      "none": [:],
      "\u{8}\u{1F}\\/": "\u{7F}\u{2028}",
    ]
    for isIndented in [false, true] {
      let text = try value.text(isIndented: isIndented)
      let read = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      #expect(read?["\u{8}\u{1F}\\/"] as? String == "\u{7F}\u{2028}")
      #expect((read?["a"] as? [Any])?.count == 6)
      #expect(text.contains("\n") == isIndented)
    }
  }
}
