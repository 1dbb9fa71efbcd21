import Captioning
import Foundation
import JSON
import TestSupport
import Testing
import Training

/// `plumb caption` on a dozen images and a tiny encoder: training needs the bridge of `plumb torch setup`.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct CaptionTests {
  @Test func aCaptionerIsTrainedTunedAndUsed() throws {
    try CaptionRun.withFolder { folder in
      let trained = try CommandRun(["caption", "train", "train.yaml"], in: folder)
      #expect(trained.status == 0, "\(trained.errors)")
      #expect(trained.output.contains("CIDEr") && trained.output.contains("of epoch"), "\(trained.output)")
      // 3 steps an epoch and a validation after each.
      #expect(try CaptionRun.log(folder, "run").count == 12)
      // Killed and resumed, it comes to the same captioner.
      let (kills, status) = try KilledRuns.run(
        CommandRun.executable, ["caption", "train", "train.yaml", "--set", "output=killed"], in: folder,
        log: folder.appendingPathComponent("killed/log.jsonl"), killingAt: { 1 + 4 * ($0 - 1) })
      #expect(status == 0 && kills > 0)
      #expect(try CaptionRun.log(folder, "killed") == CaptionRun.log(folder, "run"))
      #expect(try CaptionRun.weights(folder, "killed") == CaptionRun.weights(folder, "run"))

      let tuned = try CommandRun(["caption", "tune", "tune.yaml"], in: folder)
      #expect(tuned.status == 0, "\(tuned.errors)")
      let lines = try CaptionRun.log(folder, "tuned")
      // One before the first step, 6 steps, and a validation after every second.
      #expect(lines.count == 10, "\(lines.count)")
      for part in ["reward_lclip", "reward_cider", "reward_formula", "validation_judge", "validation_rep-2"] {
        #expect(lines.contains { $0.contains("\"\(part)\"") }, "\(part)")
      }
      let config = try String(
        contentsOf: folder.appendingPathComponent("tuned/model/config.json"), encoding: .utf8)
      #expect(config.contains("2.0*lclip + 1.0*cider"))
      #expect(config.contains("\"length_penalty\": 0.7"), "\(config)")
      let (tuneKills, tuneStatus) = try KilledRuns.run(
        CommandRun.executable, ["caption", "tune", "tune.yaml", "--set", "output=tuned2"], in: folder,
        log: folder.appendingPathComponent("tuned2/log.jsonl"), killingAt: { 2 + 3 * ($0 - 1) })
      #expect(tuneStatus == 0 && tuneKills > 0)
      #expect(try CaptionRun.log(folder, "tuned2") == lines)
      #expect(try CaptionRun.weights(folder, "tuned2") == CaptionRun.weights(folder, "tuned"))

      // A judge that can look at no image is an error, and never a 0.
      try FileManager.default.copyItem(
        at: URL(fileURLWithPath: ScoreTests.tinyModel), to: folder.appendingPathComponent("other"))
      let description = folder.appendingPathComponent("other/preprocessor_config.json")
      let larger = try String(contentsOf: description, encoding: .utf8).replacing("16", with: "24")
      try Data(larger.utf8).write(to: description)
      let judged = try CommandRun(
        [
          "caption", "tune", "tune.yaml", "--set", "judge={metric: clip, model: other, max_drop: 1}", "--set",
          "output=judged",
        ], in: folder)
      #expect(judged.isOneSentence(about: "24×24"), "\(judged.errors)")

      try checkGeneration(folder)
    }
  }

  @Test func aStateIsRefusedWhereCaptionsHaveChangedSince() throws {
    try CaptionRun.withFolder { folder in
      let captions = folder.appendingPathComponent("captions.txt")
      let before = try Data(contentsOf: captions)
      // Killed once. What then resumes it puts another word into the captions first, so that there are as many words as before.
      let script = """
        if [ -e run/state.safetensors ]; then sed -i 's/cat/cow/' captions.txt; fi
        exec "$0" "$@" 2>errors.txt
        """
      let command = ["caption", "train", "train.yaml", "--set", "train.epochs=30"]
      let (kills, status) = try KilledRuns.run(
        URL(fileURLWithPath: "/bin/sh"), ["-c", script, CommandRun.executable.path] + command, in: folder,
        log: folder.appendingPathComponent("run/log.jsonl"), killingAt: { $0 == 1 ? 9 : .max })
      #expect(kills == 1 && status == 1)
      let errors = try String(contentsOf: folder.appendingPathComponent("errors.txt"), encoding: .utf8)
      #expect(errors.contains("its images or captions are others now than when it was saved"), "\(errors)")
      // With the captions of before it goes on.
      try before.write(to: captions)
      let resumed = try CommandRun(command, in: folder)
      #expect(resumed.status == 0 && !resumed.errors.contains("is finished"), "\(resumed.errors)")
      let again = try CommandRun(command, in: folder)
      #expect(again.status == 0 && again.errors.contains("this run is finished"), "\(again.errors)")
    }
  }

  @Test func featuresAreComputedAnewWhereImagesHaveChanged() throws {
    try CaptionRun.withFolder { folder in
      func losses(_ output: String, _ settings: [String] = []) throws -> [Double] {
        let all = ["train.epochs=1", "output=\(output)"] + settings
        let run = try CommandRun(["caption", "train", "train.yaml"] + CaptionRun.set(all), in: folder)
        #expect(run.status == 0, "\(run.errors)")
        return try CaptionRun.values("loss", folder, output)
      }
      let before = try losses("before", ["cache=shared"])
      #expect(before.count == 3)
      #expect(try losses("again", ["cache=shared"]) == before)
      // Each image becomes the other of the example's two, under the same name.
      let images = folder.appendingPathComponent("images")
      let swapped = folder.appendingPathComponent("swapped")
      try CommandRun.copyExampleImages(13, into: swapped)
      for index in 0..<12 {
        let place = images.appendingPathComponent("\(index).jpg")
        try FileManager.default.removeItem(at: place)
        try FileManager.default.moveItem(at: swapped.appendingPathComponent("\(index + 1).jpg"), to: place)
      }
      let after = try losses("after", ["cache=shared"])
      #expect(after != before)
      #expect(try losses("alone") == after)
    }
  }

  @Test(.enabled(if: (try? Torch(threads: 1).hasGloo) == true, "the bridge is built without gloo"))
  func twoProcessesTrainAsOneWithTheWholeBatch() throws {
    try CaptionRun.withFolder { folder in
      for (command, settings) in [
        (["caption", "train", "train.yaml"], ["decoder.dropout=0", "decoder.feature_dropout=0"]),
        (
          ["caption", "tune", "tune.yaml"],
          ["captioner=whole/model", "dropout=0", "feature_dropout=0", "train.learning_rate=1e-5"]
        ),
      ] {
        let all = command + settings.flatMap { ["--set", $0] } + ["--set"]
        let (one, two) = command[1] == "train" ? ("whole", "shared") : ("whole2", "shared2")
        let whole = try CommandRun(all + ["output=\(one)"], in: folder)
        #expect(whole.status == 0, "\(whole.errors)")
        let shared = try CommandRun.asTwoProcesses(all + ["output=\(two)"], in: folder)
        #expect(shared.status == 0, "\(shared.errors)")
        let losses = try [one, two].map {
          try CaptionRun.log(folder, $0).compactMap {
            $0.firstMatch(of: /"loss": (-?[0-9.e-]+)/).flatMap { Double($0.1) }
          }
        }
        #expect(!losses[0].isEmpty && losses[0].count == losses[1].count)
        for (a, b) in zip(losses[0], losses[1]) { #expect(abs(a - b) < 1e-4 * max(1, abs(a)), "\(command)") }
      }
    }
  }

  private func checkGeneration(_ folder: URL) throws {
    func generate(_ arguments: String...) throws -> CommandRun {
      try CommandRun(
        ["caption", "generate", "--model", "run/model", "--threads", "1"] + arguments, in: folder)
    }
    let printed = try generate("images")
    #expect(printed.status == 0, "\(printed.errors)")
    #expect(printed.output.split(separator: "\n").count == 12)
    // An image that cannot be read is skipped and listed, and costs the others nothing.
    try Data("no image".utf8).write(to: folder.appendingPathComponent("images/broken.jpg"))
    let results = try generate("images", "--output", "results.json")
    #expect(results.status == 2 && results.errors.contains("broken.jpg"), "\(results.errors)")
    #expect(results.errors.components(separatedBy: "broken.jpg").count == 2, "named once: \(results.errors)")
    let document = try JSONValue(parsing: Data(contentsOf: folder.appendingPathComponent("results.json")))
    #expect(document.array?.count == 12)
    let score = try CommandRun(
      ["score", "results.json", "--references", "captions.txt", "--metrics", "cider"], in: folder)
    #expect(score.status == 0, "\(score.errors)")
    #expect(
      !FileManager.default.fileExists(atPath: folder.appendingPathComponent("results.json.partial").path))
    let best = try generate(
      "images/0.jpg", "images/1.jpg", "--n-best", "3", "--rerank", "0.5", "--output", "n.jsonl")
    #expect(best.status == 0, "\(best.errors)")
    let lines = try String(contentsOf: folder.appendingPathComponent("n.jsonl"), encoding: .utf8)
      .split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
    #expect(lines.count == 2)
    for line in lines {
      let scores = line.object?["captions"]?.array?.compactMap { $0.object?["score"]?.number } ?? []
      #expect(scores.count == 3 && scores == scores.sorted(by: >))
    }
    // Equal commands give equal captions.
    let sampled = ["images/0.jpg", "images/1.jpg", "--sample", "2", "--seed", "5", "--output"]
    let whole = try CommandRun(
      ["caption", "generate", "--model", "run/model"] + sampled + ["s.csv"], in: folder)
    #expect(whole.status == 0, "\(whole.errors)")
    let again = try CommandRun(
      ["caption", "generate", "--model", "run/model"] + sampled + ["t.csv"], in: folder)
    #expect(again.status == 0)
    let tables = try ["s", "t"].map { try Data(contentsOf: folder.appendingPathComponent("\($0).csv")) }
    #expect(tables[0] == tables[1])
    // So do other commands with the same image.
    let alone = try generate("images/1.jpg", "--sample", "2", "--seed", "5", "--output", "u.csv")
    #expect(alone.status == 0, "\(alone.errors)")
    let line = try String(contentsOf: folder.appendingPathComponent("u.csv"), encoding: .utf8)
      .split(separator: "\n").last
    let wholeTable = String(decoding: tables[0], as: UTF8.self).split(separator: "\n")
    #expect(line != nil && line == wholeTable.last)
    let beside = try generate("images/0.jpg", "--sidecar")
    #expect(beside.status == 0, "\(beside.errors)")
    let text = try String(contentsOf: folder.appendingPathComponent("images/0.txt"), encoding: .utf8)
    #expect(text.hasSuffix("\n") && text.count > 1)
    for (arguments, part) in [
      (["--output", "results.txt"], ".jsonl"), (["--require", "elephant"], "elephant"),
      (["--num-beams", "0"], "beam"), (["--output", "images/0.jpg"], "write elsewhere"),
    ] {
      let refused = try CommandRun(
        ["caption", "generate", "--model", "run/model", "images/0.jpg"] + arguments, in: folder)
      #expect(refused.status != 0 && refused.errors.contains(part), "\(arguments): \(refused.errors)")
    }
    let odd = folder.appendingPathComponent("odd")
    try FileManager.default.copyItem(at: folder.appendingPathComponent("run/model"), to: odd)
    let config = try String(contentsOf: odd.appendingPathComponent("config.json"), encoding: .utf8)
    try Data(config.replacing("\"length_penalty\": 0.7", with: "\"length_penalty\": 12").utf8)
      .write(to: odd.appendingPathComponent("config.json"))
    let damaged = try CommandRun(["caption", "generate", "--model", "odd", "images/0.jpg"], in: folder)
    #expect(damaged.isOneSentence(about: "length_penalty"), "\(damaged.errors)")
    let noCaptioner = try CommandRun(
      ["caption", "generate", "--model", ScoreTests.tinyModel, "images/0.jpg"], in: folder)
    #expect(noCaptioner.isOneSentence(about: "is not a captioner"), "\(noCaptioner.errors)")
  }

  @Test func anAblationNamesTheRowThatFailsAndGoesOn() throws {
    try CaptionRun.withFolder { folder in
      func ablate(_ last: String) throws -> CommandRun {
        let table = """
          recipe: train.yaml
          output: rows
          rows:
            - {name: "a | b", set: ["train.epochs=1"]}
            - {name: rare, set: ["train.epochs=1"\(last)]}
          """
        try Data(table.utf8).write(to: folder.appendingPathComponent("table.yaml"))
        return try CommandRun(["ablate", "table.yaml"], in: folder)
      }
      let failed = try ablate(", min_word_count=1000")
      #expect(failed.status == 1)
      #expect(
        failed.errors.contains("plumb: row \"rare\", seed 0: no word occurs 1000 times"), "\(failed.errors)")
      let first = try CaptionRun.weights(folder, "rows/row-1-seed-0")
      let whole = try ablate("")
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(whole.output.contains("| a \\| b | "), "\(whole.output)")
      #expect(try CaptionRun.weights(folder, "rows/row-1-seed-0") == first)
    }
  }

  @Test func wrongRecipesAreRefused() throws {
    try CaptionRun.withFolder { folder in
      let rare = try CommandRun(
        ["caption", "train", "train.yaml", "--set", "min_word_count=1000"], in: folder)
      #expect(rare.status == 1 && rare.errors.contains("lower min_word_count"), "\(rare.errors)")
      for (settings, part) in [
        (["decoder={hidden_size: 30, num_attention_heads: 4}"], "num_attention_heads"),
        (["views=2", "augment={}"], "augment"), (["train.warmup_epochs=1"], "warmup_ratio"),
        (["data={captions: captions.txt, images: nowhere}"], "nowhere"),
        (["test={captions: gone.txt, images: images}"], "gone.txt"),
        (["test={captions: captions.txt, images: images, models: [gone]}"], "gone"),
        (["data=[]"], "captions and images"), (["generation={min_length: 12}"], "below max_length, 12"),
      ] {
        let run = try CommandRun(
          ["caption", "train", "train.yaml", "--dry-run"] + settings.flatMap { ["--set", $0] }, in: folder)
        #expect(run.status != 0 && run.errors.contains(part), "\(settings): \(run.errors)")
      }
      for (settings, part) in [
        (["reward=2*lclop"], "one of"), (["samples=1"], "samples"), (["captioner=nowhere"], "nowhere"),
        (["samples=1", "baseline=greedy", "standardize_rewards=true"], "standardize_rewards: false"),
        (["reward=0*cider + 0*lclip"], "other than 0"),
      ] {
        let run = try CommandRun(
          ["caption", "tune", "tune.yaml"] + settings.flatMap { ["--set", $0] }, in: folder)
        #expect(run.status != 0 && run.errors.contains(part), "\(settings): \(run.errors)")
      }
    }
  }
}
