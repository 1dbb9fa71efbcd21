import CLIP
import Evaluation
import Foundation
import TestSupport
import Testing

@Suite struct EvaluateTests {
  private let model = ScoreTests.tinyModel
  private let folder = TestData.fixtures().appendingPathComponent("evaluation")

  private func golden(_ name: String = "golden.json") throws -> [String: Any] {
    try json(String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
  }

  private func evaluate(_ arguments: [String]) throws -> CommandRun {
    try CommandRun(["evaluate"] + arguments, in: folder)
  }

  private func expectSimilarities(_ run: CommandRun, _ golden: [String: Any], within tolerance: Double) throws
  {
    #expect(run.status == 0, "\(run.errors)")
    let expected = try #require(golden["sts"] as? [String: [String: Any]])
    let report = try json(run.output)
    let sets = try #require(report["sets"] as? [[String: Any]])
    #expect(sets.count == expected.count)
    var sum = 0.0
    for set in sets {
      let other = try #require(expected[set["name"] as? String ?? ""])
      let value = try #require(other["spearman"] as? Double)
      #expect(abs((set["spearman"] as? Double ?? .nan) - value) < tolerance, "\(set)")
      #expect(set["pairs"] as? Int == other["pairs"] as? Int)
      sum += value
    }
    #expect(abs((report["mean"] as? Double ?? .nan) - sum / Double(sets.count)) < tolerance)
  }

  @Test func similaritiesEqualSciPys() throws {
    try expectSimilarities(
      evaluate(["sts", "sts", "sick", "--model", model, "--json"]), golden(), within: 1e-9)
    let run = try evaluate(["sts", "sts", "sick", "--model", model])
    #expect(run.output.contains("STS15-en-test     -22.34      42\n"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains(model) })
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func similaritiesOfTheRealSetsEqualSciPys() throws {
    let data = try #require(TestData.shared)
    let run = try evaluate([
      "sts", data.appendingPathComponent("sts").path, data.appendingPathComponent("sick").path, "--model",
      model,
      "--json",
    ])
    // Cosines of two engines differ in their last digits, and some ranks with them.
    try expectSimilarities(run, golden("data_golden.json"), within: 1e-3)
  }

  @Test func similaritiesOfEmbeddingsAtHandAreTheSame() throws {
    try TestData.withTemporaryFolder { folder in
      let list = folder.appendingPathComponent("sentences.json").path
      let rows = folder.appendingPathComponent("rows.npy").path
      #expect(
        try evaluate(["sts", "sts", "sick", "--list-sentences", list]).output.contains("234 sentences"))
      #expect(try evaluate(["sts", "sts", "--text-embeddings", rows]).isOneSentence(about: "rows.npy"))
      #expect(try CommandRun(["embed", "texts", list, "--model", model, "--output", rows]).status == 0)
      try expectSimilarities(
        evaluate(["sts", "sts", "sick", "--text-embeddings", rows, "--json"]), golden(), within: 1e-9)
      #expect(
        try evaluate(["sts", "sts", "--text-embeddings", rows]).isOneSentence(
          about: "234 rows for 164 sentences"))
    }
  }

  @Test func truthAndFalsehoodAreToldApartAsByThePeers() throws {
    let golden = try golden()
    let run = try evaluate([
      "composition", "sugarcrepe", "aro", "--images", "images", "--model", model, "--json",
    ])
    #expect(run.status == 0, "\(run.errors)")
    let sets = try #require(try json(run.output)["sets"] as? [[String: Any]])
    try #require(sets.count == 3)
    func groups(_ set: [String: Any]) -> [String: Double] {
      let pairs = (set["groups"] as? [[String: Any]] ?? []).map {
        ($0["name"] as? String ?? "", $0["accuracy"] as? Double ?? .nan)
      }
      return Dictionary(pairs) { $1 }
    }
    #expect(groups(sets[0]) == golden["sugarcrepe"] as? [String: Double])
    for (set, name) in zip(sets[1...], ["relation", "attribution"]) {
      let expected = try #require(golden[name] as? [String: Any])
      let values = try #require(expected["groups"] as? [String: [Double]]).mapValues { $0[0] }
      #expect(groups(set) == values)
      #expect(abs((set["mean"] as? Double ?? .nan) - (expected["mean"] as? Double ?? 0)) < 1e-12)
    }
  }

  @Test func rectanglesOfImagesHaveThePeersEmbeddings() throws {
    let expected = try #require(try golden()["crops"] as? [[Double]])
    let file = folder.appendingPathComponent("aro/visual_genome_relation.json")
    let set = try #require(try CompositionSet.read(file).first)
    let regions = set.cases.prefix(expected.count).map {
      ImageRegion(folder.appendingPathComponent("images/\($0.image)"), box: $0.box)
    }
    let rows = try CLIPEmbedder(opening: URL(fileURLWithPath: model)).embedRegions(regions)
    for (row, numbers) in expected.enumerated() {
      for (a, b) in zip(rows[row], numbers) { #expect(abs(Double(a) - b) < 1e-5) }
    }
  }

  @Test func missingImagesAreListedAndCounted() throws {
    try TestData.withTemporaryFolder { images in
      let name = "000000000100.png"
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("images/\(name)"), to: images.appendingPathComponent(name))
      let arguments = ["composition", "sugarcrepe", "--images", images.path, "--model", model]
      #expect(try evaluate(arguments).isOneSentence(about: "is not in \(images.path)"))
      let run = try evaluate(arguments + ["--keep-going", "--json"])
      #expect(run.status == 2)
      let report = try json(run.output)
      let set = try #require((report["sets"] as? [[String: Any]])?.first)
      let groups = try #require(set["groups"] as? [[String: Any]])
      let cases = groups.reduce(0) { $0 + ($1["cases"] as? Int ?? 0) }
      let compared = groups.reduce(0) { $0 + ($1["compared"] as? Int ?? 0) }
      #expect(cases == 35 && compared > 0)
      let skipped = try #require((report["provenance"] as? [String: Any])?["skipped"] as? [Any])
      #expect(skipped.count == cases - compared)
    }
  }

  @Test func retrievalTakesImagesOrTheirEmbeddings() throws {
    try TestData.withTemporaryFolder { folder in
      let captions = folder.appendingPathComponent("captions.jsonl")
      var lines = ""
      var pairs = "text_row,image_row\n"
      for row in 0..<8 {
        lines += "{\"image\": \"00000000010\(row % 4).png\", \"caption\": \"image \(row) of \(row * 7)\"}\n"
        pairs += "\(row / 4 + row % 4 * 2),\(row % 4)\n"
      }
      try Data(lines.utf8).write(to: captions)
      let table = folder.appendingPathComponent("pairs.csv")
      try Data(pairs.utf8).write(to: table)
      let direct = try evaluate([
        "retrieval", captions.path, "--images", "images", "--model", model, "--json",
      ])
      #expect(direct.status == 0, "\(direct.errors)")
      let (images, texts) = (
        folder.appendingPathComponent("i.npy").path, folder.appendingPathComponent("t.npy").path
      )
      _ = try CommandRun(
        ["embed", "images", "images", "--model", model, "--output", images], in: self.folder)
      let sorted = folder.appendingPathComponent("texts.json")
      let list = (0..<4).flatMap { image in [image, image + 4].map { "image \($0) of \($0 * 7)" } }
      try JSONSerialization.data(withJSONObject: list).write(to: sorted)
      _ = try CommandRun(["embed", "texts", sorted.path, "--model", model, "--output", texts])
      let files = ["retrieval", "--image-embeddings", images, "--text-embeddings", texts, "--json"]
      for more in [[], ["--pairs", table.path], ["--threads", "1"]] {
        let run = try evaluate(files + more)
        #expect(run.status == 0, "\(run.errors)")
        for key in ["text_to_image", "image_to_text"] {
          #expect(
            try json(run.output)[key] as? [String: Double] == json(direct.output)[key] as? [String: Double])
        }
      }
      #expect(try json(direct.output)["ties"] as? String == "pessimistic")
      let scores = try evaluate(["scores", "--image-embeddings", images, "--text-embeddings", texts])
      #expect(scores.status == 0 && scores.output.contains("RefCLIPScore"))
      let cited = try evaluate(["scores", "--image-embeddings", images, "--text-embeddings", texts, "--cite"])
      #expect(cited.output.hasPrefix("CLIPScore+RefCLIPScore|plumb:"))
    }
  }

  @Test func wrongArgumentsAndFilesAreToldInOneSentence() throws {
    #expect(try evaluate(["retrieval"]).status == 64)
    #expect(try evaluate(["retrieval", "a.json", "--image-embeddings", "b.npy"]).status == 64)
    #expect(try evaluate(["scores"]).status == 64)
    #expect(try evaluate(["sts", "sts", "--model", model, "--json", "--cite"]).status == 64)
    // Without a model it is the one that comes with Plumb.
    let unnamed = try evaluate(["sts", "sts"])
    #expect(unnamed.status == 0 && unnamed.output.contains("mini"), "\(unnamed.output)")
    #expect(try evaluate(["sts", "sts", "--model", model, "--text-embeddings", "a.npy"]).status == 64)
    #expect(try evaluate(["sts", "images", "--model", model]).isOneSentence(about: "holds no STS.input."))
    #expect(
      try evaluate(["sts", "nothing", "--model", model]).isOneSentence(about: "nothing: cannot be read"))
    #expect(
      try evaluate(["composition", "golden.json", "--images", "images", "--model", model]).isOneSentence(
        about: "neither SugarCrepe's layout"))
    #expect(
      try evaluate(["composition", "images", "--images", "images", "--model", model]).isOneSentence(
        about: "holds neither"))
    #expect(
      try evaluate(["retrieval", "--image-embeddings", "golden.json", "--text-embeddings", "golden.json"])
        .isOneSentence(about: "not a NumPy file"))
    for name in ["retrieval", "composition", "sts", "scores"] {
      let help = try evaluate([name, "--help"])
      #expect(help.status == 0 && help.output.contains("plumb evaluate \(name)"))
    }
  }
}
