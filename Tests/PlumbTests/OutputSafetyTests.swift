import Foundation
import TestSupport
import Testing

/// No output replaces what the same command reads: one case for each option and argument that names an output.
@Suite struct OutputSafetyTests {
  /// A command line in which `OUT` stands for the output, and the input that it must not replace.
  struct Case: CustomTestStringConvertible {
    let output: String
    let input: String
    let arguments: [String]
    /// Whether the output is a folder, which no hard link leads to.
    var isFolder = false

    init(_ output: String, over input: String, isFolder: Bool = false, _ arguments: String) {
      self.output = output
      self.input = input
      self.isFolder = isFolder
      self.arguments = arguments.split(separator: " ").map(String.init)
    }

    var testDescription: String { "\(output) over \(input)" }
  }

  static let cases: [Case] = [
    Case("score --per-caption", over: "c.json", "score c.json -r r.json --per-caption OUT"),
    Case("score --per-caption", over: "r.json", "score c.json -r r.json --per-caption OUT"),
    Case("score --per-caption", over: "images/image1.jpg", "score c.json -i images --per-caption OUT"),
    Case(
      "score --per-caption", over: "model/config.json", "score c.json -i images -m model --per-caption OUT"),
    Case("score --markdown", over: "c.json", "score c.json c.json -r r.json --markdown OUT"),
    Case("score --latex", over: "r.json", "score c.json c.json -r r.json --latex OUT"),
    Case("score --csv", over: "c.json", "score c.json c.json -r r.json --csv OUT"),
    Case("score --plot", over: "images/image1.jpg", "score c.json c.json -i images --plot OUT"),
    Case("score --per-caption", over: "c.df", "score c.json -r r.json --cider-df c.df --per-caption OUT"),
    Case(
      "evaluate retrieval --markdown", over: "r.json", "evaluate retrieval r.json -i images --markdown OUT"),
    Case(
      "evaluate retrieval --markdown", over: "a.npy",
      "evaluate retrieval --image-embeddings a.npy --text-embeddings b.npy --markdown OUT"),
    Case("evaluate feedback --plot", over: "r.json", "evaluate feedback r.json -i images --plot OUT"),
    Case("evaluate feedback --markdown", over: "r.json", "evaluate feedback r.json -i images --markdown OUT"),
    Case(
      "evaluate composition --markdown", over: "cases/swap_att.json",
      "evaluate composition cases --images images --markdown OUT"),
    Case("evaluate sts --markdown", over: "sts-test.csv", "evaluate sts sts-test.csv --markdown OUT"),
    Case(
      "evaluate sts --list-sentences", over: "sts-test.csv", "evaluate sts sts-test.csv --list-sentences OUT"),
    Case("evaluate paraphrase --plot", over: "r.json", "evaluate paraphrase r.json -i images --plot OUT"),
    Case(
      "evaluate paraphrase --plot", over: "a.npy",
      "evaluate paraphrase --query-embeddings a.npy --paraphrase-embeddings b.npy --image-embeddings b.npy --plot OUT"
    ),
    Case(
      "evaluate paraphrase --markdown", over: "r.json", "evaluate paraphrase r.json -i images --markdown OUT"),
    Case(
      "evaluate scores --per-caption", over: "a.npy",
      "evaluate scores --image-embeddings a.npy --text-embeddings b.npy --per-caption OUT"),
    Case(
      "evaluate scores --markdown", over: "b.npy",
      "evaluate scores --image-embeddings a.npy --text-embeddings b.npy --markdown OUT"),
    Case("classify --csv", over: "images/image1.jpg", "classify images -l a,b --csv OUT"),
    Case("classify --csv", over: "t.txt", "classify images -l t.txt --csv OUT"),
    Case("classify --confusion", over: "r.json", "classify images -l a,b --truth r.json --confusion OUT"),
    Case("dedup --list", over: "images/image1.jpg", "dedup images --list OUT"),
    Case("dedup --html", over: "model/config.json", "dedup images -m model --html OUT"),
    Case("filter --output", over: "scores.jsonl", "filter scores.jsonl --min-score 0.2 -o OUT"),
    Case(
      "filter --report", over: "scores.jsonl",
      "filter scores.jsonl --min-score 0.2 -o k.jsonl --report OUT"),
    Case("filter --output", over: "t.txt", "filter scores.jsonl --exclude t.txt -o OUT"),
    Case("explain --svg", over: "images/image1.jpg", "explain images/image1.jpg cat --svg OUT"),
    Case("explain --output", over: "c.json", "explain c.json -i images -o OUT"),
    Case("explain --output", over: "t.txt", "explain c.json -i images --alternatives t.txt -o OUT"),
    Case("evaluate words --markdown", over: "r.json", "evaluate words r.json -i images --markdown OUT"),
    Case("judge --items", over: "ratings.jsonl", "judge ratings.jsonl --items OUT"),
    Case("judge --markdown", over: "ratings.jsonl", "judge ratings.jsonl --markdown OUT"),
    Case("judge --plot", over: "ratings.jsonl", "judge ratings.jsonl --plot OUT"),
    Case("judge --plot", over: "scores.jsonl", "judge ratings.jsonl --scores scores.jsonl --plot OUT"),
    Case("embed images --output", over: "images/image1.jpg", "embed images images -o OUT"),
    Case("embed images --output", over: "images/image1.jpg", "embed images images/image1.jpg -o OUT"),
    Case("caption generate --output", over: "r.json", "caption generate images -m r.json -o OUT"),
    Case("caption grammar --output", over: "t.txt", "caption grammar t.txt -o OUT"),
    Case("features images --output", over: "images/image1.jpg", "features images images -o OUT"),
    Case("features images --output", over: "model/config.json", "features images images -m model -o OUT"),
    Case(
      "embed shards --output", over: "shards/a.tar", "embed --shards shards/a.tar -m model -o OUT"),
    Case("score --output", over: "shards/a.tar", "score --shards shards/a.tar -m model -o OUT"),
    Case(
      "filter --output", over: "scores", isFolder: true, "filter scores --min-score 0.2 -o scores"),
    Case("embed texts --output", over: "t.txt", "embed texts t.txt -o OUT"),
    Case("embed texts --output", over: "model/model.safetensors", "embed texts t.txt -m model -o OUT"),
    Case(
      "tokenizer train --output", over: "new/merges.txt", isFolder: true,
      "tokenizer train new/merges.txt --vocab-size 600 -o new"),
    Case("cider-df --output", over: "r.json", "cider-df r.json -o OUT"),
    Case("model convert <out>", over: "model", isFolder: true, "model convert model OUT"),
    Case("model convert <out>", over: "model/model.safetensors", "model convert model/model.safetensors OUT"),
    Case(
      "model import-trunk <out>", over: "model/model.safetensors",
      "model import-trunk model/model.safetensors OUT"),
    Case("compress <out>", over: "model", isFolder: true, "compress model OUT"),
    Case("distill --write-texts", over: "r.json", "distill distill.yaml --write-texts OUT"),
    Case("distill --write-texts", over: "distill.yaml", "distill distill.yaml --write-texts OUT"),
    Case(
      "distill output", over: "run/model", isFolder: true,
      "distill distill.yaml --set model.pretrained=run/model"),
    Case(
      "distill output", over: "run/best/images", isFolder: true,
      "distill distill.yaml --set data.own.images=run/best/images"),
    Case(
      "finetune output", over: "run/tuned", isFolder: true, "finetune finetune.yaml --set model=run/tuned"),
    Case("ablate output", over: "run/row-1-seed-0/best", isFolder: true, "ablate table.yaml"),
    Case("paraphrase --output", over: "t.txt", "paraphrase t.txt --source rules -o OUT"),
    Case(
      "paraphrase --cache", over: "t.txt",
      "paraphrase t.txt --endpoint http://localhost:9/v1 --llm-model m -o P.jsonl --cache OUT"),
    Case("runs plot --output", over: "log.jsonl", "runs plot log.jsonl -o OUT"),
  ]

  /// Options that write, and read nothing that could be replaced.
  static let readNothing: Set<String> = ["model pull --output", "paraphrase --write-prompts"]

  /// A folder with one of everything that the cases read.
  private func withInputs(_ body: (URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let manager = FileManager.default
      func copy(_ source: URL, _ name: String) throws {
        let target = folder.appendingPathComponent(name)
        try manager.createDirectory(
          at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try manager.copyItem(at: source, to: target)
      }
      let data = TestData.fixtures().appendingPathComponent("evaluation")
      try copy(CommandRun.example.appendingPathComponent("candidates.json"), "c.json")
      try copy(CommandRun.example.appendingPathComponent("references.json"), "r.json")
      try copy(CommandRun.example.appendingPathComponent("images"), "images")
      try copy(URL(fileURLWithPath: ScoreTests.tinyModel), "model")
      try copy(data.appendingPathComponent("sugarcrepe"), "cases")
      try copy(data.appendingPathComponent("sts/stsbenchmark/sts-test.csv"), "sts-test.csv")
      for name in ["run/model", "run/tuned", "run/row-1-seed-0/best"] {
        try copy(URL(fileURLWithPath: ScoreTests.tinyModel), name)
      }
      try copy(CommandRun.example.appendingPathComponent("images"), "run/best/images")
      let recipe = """
        output: run
        model: {pretrained: model}
        data: {own: {captions: r.json, images: images}}
        validation: {captions: r.json, images: images}
        stages: [{name: s, train: both, epochs: 1, batch_size: 2, learning_rate: 1e-3, losses: {contrastive: {weight: 1}}}]
        """
      let texts = [
        ("shards/a.tar", ""), ("scores/run.json", #"{"command": "score"}"#),
        ("t.txt", "a cat\na dog\n"), ("new/merges.txt", "a cat\n"), ("c.df", "no frequencies"),
        ("a.npy", "no matrix"), ("b.npy", "no matrix"), ("scores.jsonl", "{}\n"),
        (
          "ratings.jsonl",
          #"{"image": "image1.jpg", "candidate": "a", "references": ["b"], "rating": 4}"# + "\n"
        ),
        ("log.jsonl", #"{"stage": "s", "stage_number": 0, "step": 1, "epoch": 1, "loss": 1}"# + "\n"),
        ("distill.yaml", recipe),
        (
          "finetune.yaml",
          """
          output: run
          model: model
          data: {paraphrases: P.jsonl, images: images}
          validation: {captions: r.json, images: images}
          train: {epochs: 1, batch_size: 2, learning_rate: 1e-3}
          """
        ),
        (
          "table.yaml",
          "recipe: distill.yaml\noutput: run\nrows: [{name: a, set: [model.pretrained=run/row-1-seed-0/best]}]"
        ),
      ]
      for (name, text) in texts {
        let file = folder.appendingPathComponent(name)
        try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      try body(folder)
    }
  }

  /// The names and bytes of all files.
  private func content(_ folder: URL) throws -> [String: Data] {
    var content: [String: Data] = [:]
    let names = FileManager.default.enumerator(atPath: folder.path)
    for case let name as String in try #require(names) {
      content[name] = (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
    }
    return content
  }

  @Test(arguments: cases) func anInputIsNoOutput(_ item: Case) throws {
    try withInputs { folder in
      let manager = FileManager.default
      let input = folder.appendingPathComponent(item.input)
      var outputs = [item.input]
      if !item.isFolder {
        try manager.createSymbolicLink(
          at: folder.appendingPathComponent("symbolic"), withDestinationURL: input)
        try manager.linkItem(at: input, to: folder.appendingPathComponent("hard"))
        outputs += ["symbolic", "hard", "./images/../\(item.input)"]
      }
      let before = try content(folder)
      for output in outputs {
        let run = try CommandRun(item.arguments.map { $0 == "OUT" ? output : $0 }, in: folder)
        #expect(
          run.isOneSentence(about: "write elsewhere") || run.isOneSentence(about: "already"),
          "\(output): \(run.status) \(run.output)\(run.errors)")
        #expect(try content(folder) == before, "\(output)")
      }
    }
  }

  @Test func twoOutputsAreTwoFiles() throws {
    try withInputs { folder in
      let run = try CommandRun(["judge", "ratings.jsonl", "--items", "x", "--plot", "./x"], in: folder)
      #expect(run.isOneSentence(about: "two outputs have this name"), "\(run.errors)")
    }
  }

  @Test func anEarlierOutputIsReplaced() throws {
    try withInputs { folder in
      for _ in 0..<2 {
        let run = try CommandRun(
          ["embed", "images", ".", "images", "-o", "images/x.npy", "-m", "model"], in: folder)
        // There is no image in the folder itself, and one that is not an image is no input of it.
        #expect(run.isOneSentence(about: "holds no images"), "\(run.errors)")
        let again = try CommandRun(
          ["embed", "images", "images", "-o", "images/x.npy", "-m", "model"], in: folder)
        #expect(again.status == 0, "\(again.errors)")
      }
    }
  }

  @Test func noCommandWithAnOutputIsMissing() throws {
    let documented = try json(CommandRun(["--experimental-dump-help"]).output)
    var outputs: Set<String> = []
    func look(_ command: [String: Any], _ path: [String]) {
      for argument in command["arguments"] as? [[String: Any]] ?? [] {
        let text = argument["abstract"] as? String ?? ""
        guard argument["kind"] as? String != "flag",
          text.hasPrefix("Write ") || text.contains(" to write") || text.contains("cache (default")
        else { continue }
        let long = (argument["names"] as? [[String: String]])?.first { $0["kind"] == "long" }?["name"]
        let name = long.map { "--\($0)" } ?? "<\(argument["valueName"] as? String ?? "")>"
        outputs.insert((path + [name]).joined(separator: " "))
      }
      for child in command["subcommands"] as? [[String: Any]] ?? [] {
        look(child, path + [child["commandName"] as? String ?? ""])
      }
    }
    look(try #require(documented["command"] as? [String: Any]), [])
    #expect(outputs.count > 15)
    for output in outputs.subtracting(Self.readNothing).sorted() {
      #expect(Self.cases.contains { $0.output == output }, "\(output) has no case here")
    }
  }
}
