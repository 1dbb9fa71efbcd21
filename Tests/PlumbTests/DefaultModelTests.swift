import Foundation
import TestSupport
import Testing

/// Wherever a model is wanted and none is named it is mini, and the report says so.
@Suite struct DefaultModelTests {
  private static let note = "no --model was given: mini"

  /// What is said on either stream, on one line.
  private func words(_ run: CommandRun) -> String {
    (run.output + run.errors).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test(arguments: [
    "score candidates.json -i images", "score candidates.json -i images --json",
    "score candidates.json -i images -r references.json --metrics refclipscore",
    "rank images/image1.jpg cats", "embed images images -o OUT", "embed texts texts.txt -o OUT",
    "evaluate retrieval references.json -i images", "evaluate sts STS",
    "evaluate composition CASES --images IMAGES",
    "evaluate paraphrase references.json -i images --depth 1 --resamples 10",
    "judge ratings.jsonl -i images --metrics clipscore --resamples 10",
    "tokenize --with clip texts.txt",
  ]) func itIsUsedAndNamed(_ line: String) throws {
    try TestData.withTemporaryFolder { folder in
      let manager = FileManager.default
      for name in ["candidates.json", "references.json", "images"] {
        try manager.copyItem(
          at: CommandRun.example.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      try Data("a cat\n".utf8).write(to: folder.appendingPathComponent("texts.txt"))
      let ratings = (1...4).map {
        #"{"image": "image\#($0 % 2 + 1).jpg", "candidate": "cat \#($0)", "references": ["b"], "rating": \#($0)}"#
      }
      try Data(ratings.joined(separator: "\n").utf8).write(to: folder.appendingPathComponent("ratings.jsonl"))
      let data = TestData.fixtures().appendingPathComponent("evaluation")
      let places = [
        "OUT": "out.npy", "STS": data.appendingPathComponent("sts").path,
        "CASES": data.appendingPathComponent("sugarcrepe").path,
        "IMAGES": data.appendingPathComponent("images").path,
      ]
      let arguments = line.split(separator: " ").map { places[String($0)] ?? String($0) }
      let run = try CommandRun(arguments, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let note = arguments[0] == "tokenize" ? "no --model was given: the tokenizer of mini" : Self.note
      #expect(words(run).contains(note), "\(run.output)\(run.errors)")
      guard arguments[0] != "tokenize" else { return }
      let named = try CommandRun(arguments + ["--model", "mini"], in: folder)
      #expect(named.status == 0 && !words(named).contains(Self.note), "\(named.output)\(named.errors)")
    }
  }

  @Test func aReportNamesIt() throws {
    let run = try CommandRun(["score", "candidates.json", "-i", "images", "--json"])
    let provenance = try #require(try json(run.output)["provenance"] as? [String: Any])
    #expect((provenance["model"] as? [String: Any])?["name"] as? String == "mini")
    #expect((provenance["warnings"] as? [String])?.contains { $0.hasPrefix(Self.note) } == true)
    let cited = try CommandRun(["score", "candidates.json", "-i", "images", "--cite"])
    #expect(cited.output.contains("|model:mini@"), "\(cited.output)")
  }

  @Test func withoutImagesItIsNotOpened() throws {
    let run = try CommandRun(["score", "candidates.json", "-r", "references.json"])
    #expect(run.status == 0 && !words(run).contains("mini"), "\(run.output)")
  }
}
