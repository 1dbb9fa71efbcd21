import Foundation
import TestSupport
import Testing

@Suite struct EvaluateParaphraseTests {
  private let model = ScoreTests.tinyModel
  private let folder = TestData.fixtures().appendingPathComponent("evaluation")
  private let lines = (0..<8).map { row in
    #"{"id": "00000000010\#(row % 4).png", "caption": "image \#(row) of \#(row * 7)", "#
      + #""paraphrase": "\#(row * 7) is what image \#(row) shows", "model": "made up"}"#
  }

  private func evaluate(_ arguments: [String]) throws -> CommandRun {
    try CommandRun(["evaluate", "paraphrase"] + arguments, in: folder)
  }

  /// The measures of a report by name: value, value before, change.
  private func measures(_ run: CommandRun) throws -> [String: [Double]] {
    #expect(run.status == 0, "\(run.errors)")
    let rows = try #require(try json(run.output)["measures"] as? [[String: Any]])
    let pairs = rows.map { row in
      let values = ["model", "before", "change"].compactMap {
        (row[$0] as? [String: Any])?["value"] as? Double
      }
      return (row["name"] as? String ?? "", values)
    }
    return Dictionary(pairs) { $1 }
  }

  /// A copy of the tiny model with another text tower.
  private func tuned(in folder: URL) throws -> String {
    let copy = folder.appendingPathComponent("tuned")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: model), to: copy)
    let file = copy.appendingPathComponent("model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: file))
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try json(String(decoding: bytes[8..<8 + length], as: UTF8.self))
    let tensor = try #require(header["text_projection.weight"] as? [String: Any])
    let range = try #require(tensor["data_offsets"] as? [Int])
    // The numbers in the opposite order: the same bytes, other embeddings.
    let start = 8 + length + range[0]
    let numbers = stride(from: 0, to: range[1] - range[0], by: 4).map {
      Array(bytes[start + $0..<start + $0 + 4])
    }
    bytes.replaceSubrange(start..<8 + length + range[1], with: numbers.reversed().joined())
    try Data(bytes).write(to: file)
    return copy.path
  }

  private func writeLines(in folder: URL, _ lines: [String]? = nil) throws -> String {
    let file = folder.appendingPathComponent("p.jsonl")
    try Data((lines ?? self.lines).joined(separator: "\n").utf8).write(to: file)
    return file.path
  }

  @Test func oneCommandComparesTwoModelsOnEverything() throws {
    let golden = try json(String(contentsOf: folder.appendingPathComponent("golden.json"), encoding: .utf8))
    try TestData.withTemporaryFolder { folder in
      let (tuned, queries) = (try tuned(in: folder), try writeLines(in: folder))
      let (plot, markdown) = (
        folder.appendingPathComponent("p.svg").path, folder.appendingPathComponent("p.md").path
      )
      let arguments = [
        queries, "--images", "images", "--model", tuned, "--before", model, "--depth", "3", "--sts", "sts",
        "--sts", "sick", "--composition", "sugarcrepe", "--composition", "aro", "--composition-images",
        "images", "--resamples", "50",
      ]
      let run = try evaluate(arguments + ["--json", "--plot", plot, "--markdown", markdown])
      let found = try measures(run)
      #expect(found.count == 8 + 4 + 3 && found["AO@3"]?.count == 3)
      for (name, values) in try #require(golden["sts"] as? [String: [String: Any]]) {
        #expect(abs((found[name]?[1] ?? 0) - (values["spearman"] as? Double ?? 1)) < 1e-9, "\(name)")
      }
      let crepe = try #require(golden["sugarcrepe"] as? [String: Double])
      let mean = crepe.values.reduce(0, +) / Double(crepe.count)
      #expect(abs((found["SugarCrepe"]?[1] ?? 0) - mean * 100) < 1e-9)
      for (name, key) in [("VG-Relation", "relation"), ("VG-Attribution", "attribution")] {
        let mean = (golden[key] as? [String: Any])?["mean"] as? Double ?? 0
        #expect(abs((found[name]?[1] ?? 0) - mean * 100) < 1e-9)
      }
      #expect(found.contains { abs($0.value[2]) > 1 })
      for values in found.values { #expect(abs(values[0] - values[1] - values[2]) < 1e-9) }
      #expect(try String(contentsOfFile: plot, encoding: .utf8).hasPrefix("<svg"))
      #expect(try String(contentsOfFile: markdown, encoding: .utf8).contains("| before | after | change |"))
      let provenance = try #require(try json(run.output)["provenance"] as? [String: Any])
      #expect((provenance["before"] as? [String: Any])?["name"] as? String == model)
      let table = try evaluate(arguments)
      #expect(
        table.output.split(separator: "\n").allSatisfy { $0.count <= 90 || $0.contains("/") },
        "\(table.output)")
      // The same model is as it was before.
      let same = try measures(evaluate(arguments.map { $0 == tuned ? model : $0 } + ["--json"]))
      #expect(same.values.allSatisfy { $0[2] == 0 && $0[0] == $0[1] })
    }
  }

  @Test func recallsAreThoseOfRetrieval() throws {
    try TestData.withTemporaryFolder { folder in
      let queries = try writeLines(in: folder)
      let found = try measures(
        evaluate([queries, "--images", "images", "--model", model, "--depth", "4", "--json"]))
      #expect(found["JS@4"] == [100])
      let retrieval = try CommandRun(
        ["evaluate", "retrieval", queries, "--images", "images", "--model", model, "--json"],
        in: self.folder)
      let recalls = try #require(try json(retrieval.output)["text_to_image"] as? [String: Double])
      for depth in [1, 5, 10] {
        #expect(abs((found["query R@\(depth)"]?[0] ?? 0) - (recalls["R@\(depth)"] ?? 1) * 100) < 1e-9)
      }
      let swapped = try measures(
        evaluate([
          queries, "--images", "images", "--model", model, "--depth", "4", "--json", "--query",
          "paraphrase",
          "--paraphrase", "caption",
        ]))
      #expect(swapped["paraphrase R@1"] == found["query R@1"] && swapped["AO@4"] == found["AO@4"])
    }
  }

  @Test func embeddingsAtHandGiveTheSame() throws {
    try TestData.withTemporaryFolder { folder in
      let queries = try writeLines(in: folder)
      let direct = try measures(
        evaluate([queries, "--images", "images", "--model", model, "--depth", "2", "--json"]))
      var files: [String] = []
      for key in ["caption", "paraphrase"] {
        let texts = folder.appendingPathComponent("\(key).json")
        let list = try lines.map { try #require(try json($0)[key] as? String) }
        try JSONSerialization.data(withJSONObject: list).write(to: texts)
        files.append(folder.appendingPathComponent("\(key).npy").path)
        _ = try CommandRun(["embed", "texts", texts.path, "--model", model, "--output", files.last ?? ""])
      }
      files.append(folder.appendingPathComponent("images.npy").path)
      _ = try CommandRun(
        ["embed", "images", "images", "--model", model, "--output", files[2]], in: self.folder)
      let table = folder.appendingPathComponent("rows.csv")
      try Data(("image_row\n" + (0..<8).map { "\($0 % 4)\n" }.joined()).utf8).write(to: table)
      let arguments = [
        "--query-embeddings", files[0], "--paraphrase-embeddings", files[1], "--image-embeddings", files[2],
        "--depth", "2", "--json",
      ]
      #expect(try measures(evaluate(arguments + ["--pairs", table.path])) == direct)
      let free = try measures(evaluate(arguments + ["--unpaired"]))
      #expect(free == ["AO@2": direct["AO@2"] ?? [], "JS@2": direct["JS@2"] ?? []])
      let both = try measures(
        evaluate(
          arguments + [
            "--unpaired", "--before-query-embeddings", files[0], "--before-paraphrase-embeddings", files[0],
          ]))
      #expect(both["AO@2"]?[1] == 100)
      #expect(
        try evaluate(arguments + ["--unpaired", "--depth", "5"]).isOneSentence(
          about: "5 images were asked for, and there are 4"))
      var short = arguments
      short[3] = files[2]
      #expect(
        try evaluate(short + ["--unpaired"]).isOneSentence(about: "there are 8 queries and 4 paraphrases"))
    }
  }

  /// SugarCrepe's own captions, with images made up here: its own are COCO's.
  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func allOfSugarCrepeIsComparedAsByItsOwnCommand() throws {
    let data = try #require(TestData.shared).appendingPathComponent("sugarcrepe")
    try TestData.withTemporaryFolder { folder in
      for file in try FileManager.default.contentsOfDirectory(atPath: data.path) where file.hasSuffix(".json")
      {
        let cases = try json(String(contentsOf: data.appendingPathComponent(file), encoding: .utf8))
        for case let name as String in cases.values.compactMap({ ($0 as? [String: Any])?["filename"] }) {
          let source = self.folder.appendingPathComponent("images/00000000010\(name.utf8.count % 4).png")
          let link = folder.appendingPathComponent(name)
          guard !FileManager.default.fileExists(atPath: link.path) else { continue }
          try FileManager.default.createSymbolicLink(at: link, withDestinationURL: source)
        }
      }
      let found = try evaluate([
        "--model", model, "--composition", data.path, "--composition-images", folder.path, "--json",
      ])
      let composition = try CommandRun([
        "evaluate", "composition", data.path, "--images", folder.path, "--model", model, "--json",
      ])
      let set = try #require((try json(composition.output)["sets"] as? [[String: Any]])?.first)
      let value = try #require(try measures(found)["SugarCrepe"]?.first)
      #expect(abs(value - (set["mean"] as? Double ?? 0) * 100) < 1e-9)
      #expect(found.output.contains("\"items\": 7511"))
    }
  }

  @Test func wrongInputIsToldInOneSentence() throws {
    try TestData.withTemporaryFolder { folder in
      let queries = try writeLines(in: folder)
      func run(_ file: String, _ more: [String] = []) throws -> CommandRun {
        try evaluate([file, "--images", "images", "--model", model] + more)
      }
      #expect(try run(queries).isOneSentence(about: "10 images were asked for, and there are 4"))
      #expect(
        try run(queries, ["--paraphrase", "plain"]).isOneSentence(about: "no column is named \"plain\" among")
      )
      #expect(try run("nothing.jsonl").isOneSentence(about: "nothing.jsonl: cannot be read"))
      let empty = folder.appendingPathComponent("empty.jsonl")
      try Data().write(to: empty)
      #expect(try run(empty.path).isOneSentence(about: "the file is empty"))
      let lost = try writeLines(in: folder, lines.map { $0.replacingOccurrences(of: "103", with: "999") })
      #expect(try run(lost, ["--depth", "2"]).isOneSentence(about: "\"000000000999.png\" has no image"))
      let kept = try run(lost, ["--depth", "2", "--keep-going"])
      #expect(kept.status == 2 && kept.output.contains("6 query pairs among 3 images"))
      let strangers = try writeLines(
        in: folder, lines.map { $0.replacingOccurrences(of: "00010", with: "7") })
      #expect(try run(strangers).isOneSentence(about: "--unpaired"))
      let free = try run(strangers, ["--unpaired", "--depth", "2"])
      #expect(free.status == 0 && free.output.contains("8 query pairs among 4 images"))
      #expect(try run(strangers, ["--unpaired", "--plot", "/nowhere/p.svg"]).isOneSentence(about: "nowhere"))
    }
    for arguments in [
      [], ["a.jsonl"], ["a.jsonl", "--model", "m"], ["--model", "m"],
      ["a.jsonl", "--images", "i", "--model", "m", "--depth", "0"],
      ["a.jsonl", "--images", "i", "--model", "m", "--query", "1", "--paraphrase", "other"],
      ["--query-embeddings", "q.npy"],
      ["a.jsonl", "--query-embeddings", "q.npy", "--paraphrase-embeddings", "r", "--image-embeddings", "i"],
      ["--model", "m", "--composition", "aro"],
    ] {
      #expect(try evaluate(arguments).status == 64, "\(arguments)")
    }
    let help = try evaluate(["--help"])
    #expect(help.status == 0 && help.output.contains("plumb evaluate paraphrase"))
  }
}
