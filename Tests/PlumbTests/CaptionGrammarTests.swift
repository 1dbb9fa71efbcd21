import Foundation
import JSON
import TestSupport
import Testing
import Training

/// `plumb caption grammar` with a tiny model, and its head as a reward.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct CaptionGrammarTests {
  /// 108 captions: fewer than 100 are refused.
  private static let captions: String = {
    let subjects = ["a cat", "a dog", "two cats", "a small dog", "a red car", "the old house"]
    let verbs = ["sits", "stands", "waits", "lies", "moves", "turns"]
    let places = ["on the grass", "in a room", "near a tree"]
    return subjects.flatMap { subject in
      verbs.flatMap { verb in places.map { "\(subject) \(verb) \($0) .\n" } }
    }.joined()
  }()

  /// Trains a head in a few steps.
  private func train(
    _ captions: String, to output: String, seed: Int, in folder: URL, _ more: [String] = []
  ) throws -> CommandRun {
    try CommandRun(
      [
        "caption", "grammar", captions, "--model", ScoreTests.tinyModel, "--output", output, "--seed",
        "\(seed)", "--steps", "4", "--width", "16", "--threads", "1",
      ] + more, in: folder)
  }

  @Test func whatTheMessagesOfCaptionFilesOfferIsTaken() throws {
    try CaptionRun.withFolder { folder in
      let table = "name;words\n" + Self.captions.split(separator: "\n").map { "x;\($0)\n" }.joined()
      try Data((table + "x;\n").utf8).write(to: folder.appendingPathComponent("table.csv"))
      let unnamed = try train("table.csv", to: "head.safetensors", seed: 1, in: folder)
      #expect(unnamed.isOneSentence(about: "--column"), "\(unnamed.errors)")
      let missing = try train(
        "table.csv", to: "head.safetensors", seed: 1, in: folder, ["--column", "words"])
      #expect(missing.isOneSentence(about: "--keep-going"), "\(missing.errors)")
      let run = try train(
        "table.csv", to: "head.safetensors", seed: 1, in: folder, ["--column", "words", "--keep-going"])
      #expect(run.status == 2 && run.output.contains("told apart rightly"), "\(run.errors)")
    }
  }

  @Test func aHeadIsTrainedAndRewards() throws {
    try CaptionRun.withFolder { folder in
      try Data(Self.captions.utf8).write(to: folder.appendingPathComponent("many.txt"))
      let few = try train("captions.txt", to: "few.safetensors", seed: 1, in: folder)
      #expect(few.isOneSentence(about: "at least 100, and is 36"), "\(few.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("few.safetensors").path))

      let first = try train("many.txt", to: "head.safetensors", seed: 5, in: folder, ["--json"])
      #expect(first.status == 0, "\(first.errors)")
      let document = try JSONValue(parsing: first.output.utf8).object
      // A twentieth is held out.
      #expect(document?["captions"]?.integer == 102)
      let accuracy = try #require(document?["accuracy"]?.number)
      #expect((0...1).contains(accuracy))
      for (name, seed) in [("same", 5), ("other", 6)] {
        let run = try train("many.txt", to: "\(name).safetensors", seed: seed, in: folder)
        #expect(run.status == 0 && run.output.contains("told apart rightly"), "\(run.errors)")
      }
      let bytes = try ["head", "same", "other"].map {
        try Data(contentsOf: folder.appendingPathComponent("\($0).safetensors"))
      }
      #expect(bytes[0] == bytes[1])
      #expect(bytes[0] != bytes[2])

      try CaptionRun.trainWell(in: folder)
      let reward = ["reward=1*grammar", "grammar_head=head.safetensors"]
      let tuned = try CaptionRun.tuneOneStep(reward, in: folder)
      #expect(tuned.status == 0, "\(tuned.errors)")
      let values = try CaptionRun.values("reward_grammar", folder, "tuned")
      #expect(values.count == 1 && values.allSatisfy { $0 > 0 && $0 < 1 }, "\(values)")
      let norms = try CaptionRun.values("grad_norm", folder, "tuned")
      #expect(norms.count == 1 && norms.allSatisfy { $0 > 0 }, "\(norms)")

      try checkWrongHeads(folder)
    }
  }

  private func checkWrongHeads(_ folder: URL) throws {
    // A model whose weights differ in one byte is another model.
    let other = folder.appendingPathComponent("other")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: ScoreTests.tinyModel), to: other)
    let file = other.appendingPathComponent("model.safetensors")
    var weights = try Data(contentsOf: file)
    weights[weights.count - 4] ^= 1
    try weights.write(to: file)
    for (settings, part) in [
      (
        ["grammar_head=head.safetensors", "reward_model=other"], "the grammar head was trained for the model"
      ),
      (["grammar_head=good/model/model.safetensors"], "a file that plumb caption grammar has written"),
      (["grammar_head=nowhere.safetensors"], "nowhere.safetensors"), ([], "grammar_head"),
    ] {
      let all = ["reward=1*grammar", "output=refused"] + settings
      let run = try CaptionRun.tuneOneStep(all, in: folder)
      #expect(run.isOneSentence(about: part), "\(settings): \(run.errors)")
      let plan = try CommandRun(
        ["caption", "tune", "tune.yaml", "--dry-run"] + CaptionRun.set(["captioner=good/model"] + all),
        in: folder)
      #expect(
        plan.isOneSentence(about: part) && plan.errors == run.errors,
        "\(settings): \(plan.output)\(plan.errors)")
      #expect(
        !FileManager.default.fileExists(atPath: folder.appendingPathComponent("refused/model").path))
    }
  }
}
