import CLIP
import Foundation
import TestSupport
import Testing
import Training

/// `plumb finetune` on a dozen images and a tiny model: it needs the bridge of `plumb torch setup`.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct FineTuneTests {
  private static let names = ["cat", "dog", "two cats", "a tree", "my house", "red car"]

  /// A folder with images, captions, paraphrases and a recipe.
  private func withRun(_ body: (_ folder: URL, _ recipe: URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      try CommandRun.copyExampleImages(12, into: folder.appendingPathComponent("images", isDirectory: true))
      var captions = ""
      var paraphrases = ""
      for index in 0..<12 {
        let texts = (0..<3).map { Self.names[(index + $0) % 6] }
        for number in 0..<2 { captions += "\(index).jpg#\(number)\t\(texts[number])\n" }
        let plain = index % 4 == 0 ? "" : #""plain": "\#(texts[1])", "#
        paraphrases +=
          #"{"id": "\#(index).jpg", "caption": "\#(texts[0])", \#(plain)"paraphrase": "\#(texts[2])"}"#
        paraphrases += "\n"
      }
      try Data(captions.utf8).write(to: folder.appendingPathComponent("captions.txt"))
      try Data(paraphrases.utf8).write(to: folder.appendingPathComponent("P.jsonl"))
      let recipe = folder.appendingPathComponent("recipe.yaml")
      try Data(Self.recipe.utf8).write(to: recipe)
      try body(folder, recipe)
    }
  }

  private static let recipe = """
    output: run
    threads: 1
    seed: 3
    model: \(ScoreTests.tinyModel)
    data: {paraphrases: P.jsonl, images: images}
    validation: {captions: captions.txt, images: images}
    train: {epochs: 3, batch_size: 4, learning_rate: 1e-3, ema_decay: 0.9, grad_clip_norm: 1, save_every_seconds: 0}
    """

  private func log(_ folder: URL, _ run: String = "run") throws -> [String] {
    try String(contentsOf: folder.appendingPathComponent("\(run)/log.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { String($0).replacing(/, "seconds": [^,}]*/, with: "") }
  }

  /// The parameters that differ from the tiny model's.
  private func changed(_ folder: URL, _ run: String = "run") throws -> Set<String> {
    let before = try Checkpoint.open(at: URL(fileURLWithPath: ScoreTests.tinyModel))
    let after = try Checkpoint.open(at: folder.appendingPathComponent("\(run)/tuned"))
    #expect(before.configuration == after.configuration)
    return Set(
      after.tensors.filter { name, tensor in before.tensors[name]?.floats() != tensor.floats() }.map(\.key))
  }

  @Test func theTextTowerMovesAndTheImageTowerStays() throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["finetune", recipe.path], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("chosen") && run.output.contains("AO@10"), "\(run.output)")
      let lines = try log(folder)
      // 3 steps an epoch and a validation after each.
      #expect(lines.count == 12, "\(lines.count)")
      for part in ["image_paraphrase", "caption_plain", "plain_paraphrase", "validation_AO@10"] {
        #expect(lines.contains { $0.contains("\"\(part)\"") }, "\(part)")
      }
      let names = try changed(folder)
      #expect(names.allSatisfy { $0.hasPrefix("text") } && names.contains("text_projection.weight"))
      let curve = try String(contentsOf: folder.appendingPathComponent("run/curve.jsonl"), encoding: .utf8)
      #expect(curve.split(separator: "\n").count == 11)
      let drawn = try String(contentsOf: folder.appendingPathComponent("run/curve.svg"), encoding: .utf8)
      // α stands beside the ends of the curve, and no axis goes beyond 100 %.
      #expect(
        drawn.contains("<svg") && drawn.contains(/>0(–[0-9.]+)?<\/text>/)
          && drawn.contains(/>([0-9.]+–)?1<\/text>/), "\(drawn)")
      #expect(!drawn.contains(">110</text>") && !drawn.contains(">105</text>"), "\(drawn)")
      let rank = try CommandRun([
        "rank", "images/image1.jpg", "a cat", "a dog", "--model",
        folder.appendingPathComponent("run/model").path,
      ])
      #expect(rank.status == 0, "\(rank.errors)")
    }
  }

  @Test func anotherAlphaOfAFinishedRunNeedsNoTraining() throws {
    try withRun { folder, recipe in
      let first = try CommandRun(["finetune", recipe.path, "--wise-ft-alpha", "0"], in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let before = try log(folder)
      let model = folder.appendingPathComponent("run/model")
      let old = try Checkpoint.open(at: URL(fileURLWithPath: ScoreTests.tinyModel))
      let tuned = try Checkpoint.open(at: folder.appendingPathComponent("run/tuned"))
      let name = "text_projection.weight"
      #expect(try Checkpoint.open(at: model).tensors[name]?.floats() == old.tensors[name]?.floats())
      let second = try CommandRun(["finetune", recipe.path, "--wise-ft-alpha", "0.25", "--json"], in: folder)
      #expect(
        second.status == 0 && second.output.contains(#""alpha":0.25"#.replacing(":", with: ": ")),
        "\(second.output)\(second.errors)")
      #expect(try log(folder) == before)
      let between = try #require(try Checkpoint.open(at: model).tensors[name]).floats()
      let (a, b) = (try #require(old.tensors[name]).floats(), try #require(tuned.tensors[name]).floats())
      for ((x, y), z) in zip(zip(a, b), between) { #expect(abs(0.75 * x + 0.25 * y - z) < 1e-6) }
    }
  }

  @Test func aKilledRunGoesOnToTheSameModel() throws {
    try withRun { folder, recipe in
      let whole = try CommandRun(["finetune", recipe.path, "--set", "output=whole"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      // Killed when it has logged a line, then some more, until it has come to its end.
      let (kills, status) = try KilledRuns.run(
        CommandRun.executable, ["finetune", recipe.path], in: folder,
        log: folder.appendingPathComponent("run/log.jsonl"), killingAt: { 1 + 4 * ($0 - 1) })
      #expect(status == 0)
      #expect(kills > 0)
      #expect(try log(folder) == log(folder, "whole"))
      for file in ["tuned", "model"] {
        let weights = try ["run", "whole"].map {
          try Data(contentsOf: folder.appendingPathComponent("\($0)/\(file)/model.safetensors"))
        }
        #expect(weights[0] == weights[1])
      }
    }
  }

  @Test(arguments: [
    (
      "unfrozen_layers=1",
      ["text_projection", "text_model.final_layer_norm", "text_model.encoder.layers.1."]
    ),
    ("lora={rank: 2}", ["text_model.encoder.layers."]),
    ("temperature=learned", ["text", "logit_scale"]), ("temperature=0.05", ["text"]),
  ])
  func onlyWhatTheRecipeNamesMoves(_ setting: String, _ prefixes: [String]) throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["finetune", recipe.path, "--set", setting], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let names = try changed(folder)
      #expect(!names.isEmpty)
      for name in names { #expect(prefixes.contains(where: name.hasPrefix), "\(name)") }
      for prefix in prefixes { #expect(names.contains { $0.hasPrefix(prefix) }, "\(prefix)") }
    }
  }

  @Test(.enabled(if: (try? Torch(threads: 1).hasGloo) == true, "the bridge is built without gloo"))
  func twoProcessesTuneAsOneWithTheWholeBatch() throws {
    try withRun { folder, recipe in
      try Data("a man\nthe sea\n3 apples\na cat\nblue sky\n".utf8).write(
        to: folder.appendingPathComponent("anchors.txt"))
      let settings = ["finetune", recipe.path, "--set", "data.anchors=anchors.txt", "--set"]
      let whole = try CommandRun(settings + ["output=whole"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let run = try CommandRun.asTwoProcesses(settings + ["output=run"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let losses = try ["whole", "run"].map {
        try log(folder, $0).compactMap { $0.firstMatch(of: /"loss": ([0-9.]+)/)?.1 }
      }
      #expect(losses[0].count == 9 && losses[1].count == 9)
      for (a, b) in zip(losses[0], losses[1]) {
        let (a, b) = (try #require(Double(a)), try #require(Double(b)))
        #expect(abs(a / b - 1) < 1e-5)
      }
    }
  }

  @Test func anchorsStayNearWhatTheyWere() throws {
    try withRun { folder, recipe in
      let sentences = [
        "a man on a bike", "the sea", "3 apples", "nothing", "a cat", "blue sky", "an old house",
      ]
      let file = folder.appendingPathComponent("anchors.txt")
      try Data(sentences.joined(separator: "\n").utf8).write(to: file)
      func distance(_ name: String, _ settings: [String]) throws -> Float {
        let run = try CommandRun(
          ["finetune", recipe.path, "--wise-ft-alpha", "1", "--set", "output=\(name)"] + settings, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let rows = try [
          URL(fileURLWithPath: ScoreTests.tinyModel), folder.appendingPathComponent("\(name)/model"),
        ].map {
          try CLIPEmbedder(opening: $0).embedTexts(sentences).embeddings
        }
        return zip(rows[0].values, rows[1].values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      let free = try distance("free", [])
      let held = try distance("held", ["--set", "data.anchors=anchors.txt", "--set", "losses={anchor: 20}"])
      #expect(held < 0.5 * free, "\(held) \(free)")
      #expect(try log(folder, "held").contains { $0.contains("\"anchor\"") })
      #expect(try log(folder, "free").allSatisfy { !$0.contains("\"anchor\"") })
    }
  }

  @Test func paraphrasesWithoutImagesTeachTheTextsAlone() throws {
    try withRun { folder, recipe in
      let line = #"{"id": "elsewhere.jpg", "caption": "a red car", "paraphrase": "the car is red"}"#
      let file = folder.appendingPathComponent("more.jsonl")
      try Data([String](repeating: line + "\n", count: 12).joined().utf8).write(to: file)
      let settings = ["--set", "data.text_only=more.jsonl"]
      let plan = try CommandRun(["finetune", recipe.path, "--dry-run"] + settings, in: folder)
      #expect(plan.output.contains("24 captions with paraphrases"), "\(plan.output)\(plan.errors)")
      let run = try CommandRun(["finetune", recipe.path] + settings, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let steps = try log(folder).filter { $0.contains("\"loss\"") }
      #expect(steps.count == 18)
      for loss in ["image_paraphrase", "caption_plain"] {
        #expect(steps.contains { $0.contains("\"\(loss)\"") }, "\(loss)")
      }
    }
  }

  @Test func withoutImagesTheOtherLossesAreLeft() throws {
    try withRun { folder, recipe in
      let settings = ["--set", "losses={image_paraphrase: 0}", "--set", "data={paraphrases: P.jsonl}"]
      let run = try CommandRun(["finetune", recipe.path] + settings, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try log(folder).allSatisfy { !$0.contains("image_paraphrase") })
    }
  }

  @Test(arguments: [
    ("unfrozen_layers=9", "the text tower has"), ("train.epochs=soon", "a whole number"),
    ("train.learning_rat=1", "learning_rate"),
    ("train.accum_freq=2", "it is called \"grad_accumulation_steps\""),
    ("data={paraphrases: P.jsonl}", "images"), ("data.images=nowhere", "nowhere"),
    ("model=gone", "gone"), ("data.anchors=nothing.txt", "nothing.txt"),
    ("data.text_only=captions.txt", "captions.txt"),
    ("losses={captions: 1}", "caption_plain"), ("wise_ft_alpha=2", "wise_ft_alpha"),
    ("alpha=0.5", "it is called \"wise_ft_alpha\""),
    ("validation.captions=P.jsonl", "P.jsonl"), ("temperature=hot", "temperature"),
    ("lora={rank: 2, last_layers: 1}", "lora.last_layers"),
    ("validation.paraphrases=gone.jsonl", "gone.jsonl"),
  ])
  func whatIsWrongInARecipeIsNamed(_ setting: String, _ part: String) throws {
    try withRun { folder, recipe in
      let command = ["finetune", recipe.path, "--set", setting]
      let run = try CommandRun(command, in: folder)
      #expect(run.isOneSentence(about: part), "\(run.errors)")
      // Before anything is begun.
      let plan = try CommandRun(command + ["--dry-run"], in: folder)
      #expect(plan.isOneSentence(about: part) && plan.errors == run.errors, "\(plan.output)\(plan.errors)")
    }
  }

  @Test(arguments: [
    (#"{"id": "0.jpg", "caption": "a cat"}"#, "paraphrase"), ("[1]", "paraphrase"), ("{", "line 2"),
    (#"{"id": "0.jpg", "caption": " ", "paraphrase": "x"}"#, "caption"),
  ])
  func aLineThatIsNoParaphraseIsNamed(_ line: String, _ part: String) throws {
    try withRun { folder, recipe in
      let file = folder.appendingPathComponent("P.jsonl")
      let good = #"{"id": "0.jpg", "caption": "a cat", "paraphrase": "the cat"}"#
      try Data("\(good)\n\(line)\n".utf8).write(to: file)
      let run = try CommandRun(["finetune", recipe.path], in: folder)
      #expect(run.isOneSentence(about: part) && run.errors.contains("P.jsonl, line 2"), "\(run.errors)")
    }
  }

  @Test func thePlanTrainsNothing() throws {
    try withRun { folder, recipe in
      let run = try CommandRun(["finetune", recipe.path, "--dry-run"], in: folder)
      #expect(run.status == 0 && run.output.contains("12 captions with paraphrases"), "\(run.output)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("run").path))
    }
  }
}
