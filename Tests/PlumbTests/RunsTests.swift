import Foundation
import TestSupport
import Testing

@Suite struct RunsTests {
  /// A log of two stages in a folder.
  private func withLog<Result>(_ body: (URL) throws -> Result) throws -> Result {
    try TestData.withTemporaryFolder { folder in
      var log = ""
      for (number, stage) in ["image", "text"].enumerated() {
        for step in 1...40 {
          let head = #"{"stage": "\#(stage)", "stage_number": \#(number), "step": \#(step), "epoch": 1, "#
          log +=
            head
            + #""loss": \#(3.0 / Double(step)), "contrastive": 1, "learning_rate": 1e-3, "grad_norm": 2, "seconds": 1}"#
            + "\n"
          if step % 20 == 0 {
            log +=
              head + #""validation_text_to_image_R@1": 0.1, "validation_text_to_image_R@10": 0.98}"# + "\n"
          }
        }
      }
      try Data(log.utf8).write(to: folder.appendingPathComponent("log.jsonl"))
      return try body(folder)
    }
  }

  /// What `plumb runs plot` makes of the log.
  private func plot(_ arguments: [String] = []) throws -> (run: CommandRun, svg: String) {
    try withLog { folder in
      let run = try CommandRun(["runs", "plot", "log.jsonl", "-o", "a.svg"] + arguments, in: folder)
      let svg = try? String(contentsOf: folder.appendingPathComponent("a.svg"), encoding: .utf8)
      return (run, svg ?? "")
    }
  }

  @Test func eachQuantityHasAPanelAndStagesAreApart() throws {
    let (run, svg) = try plot()
    #expect(run.status == 0, "\(run.errors)")
    // Losses, learning rate, gradient, and the recalls of one direction together.
    #expect(svg.components(separatedBy: ">steps</text>").count - 1 == 4)
    for title in [
      "losses", "learning rate: learning_rate", "gradient norm: grad_norm",
      "validation, text to image R@k",
    ] {
      #expect(svg.contains(">\(title)</text>"), "\(title)")
    }
    // Two losses, the rate, the gradient and two recalls, each in two parts.
    #expect(svg.components(separatedBy: "<path").count - 1 == 12)
    #expect(svg.components(separatedBy: ">image</text>").count - 1 == 4)
    #expect(!svg.contains(">1.2</text>") && !svg.contains("seconds"))
  }

  @Test func firstBestAndLastValuesAreShown() throws {
    try withLog { folder in
      let run = try CommandRun(["runs", "show", "log.jsonl"], in: folder)
      #expect(run.status == 0 && run.output.hasPrefix("log.jsonl: image, text\n"), "\(run.errors)")
      #expect(run.output.contains("first 3 (step 1), last 0.075 (step 80), best 0.075 (step 40)"))
      #expect(!run.output.contains("seconds"))
      let list = try CommandRun(["runs", "show", "log.jsonl", "--json"], in: folder).output
      let shown = try #require(JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]])
      let values = try #require(shown.first?["values"] as? [String: [String: Any]])
      #expect(
        (values["validation_text_to_image_R@10"]?["best"] as? [String: Any])?["value"] as? Double == 0.98)
      #expect(values["learning_rate"]?["best"] is NSNull)
    }
  }

  @Test func theBestOfARewardIsItsHighestAndOfASignOfCollapseItsLowest() throws {
    try TestData.withTemporaryFolder { folder in
      var log = ""
      for (step, values) in [(0.3, 0.2), (0.1, 0.4), (0.5, 0.1)].enumerated() {
        let head = #"{"stage": "rewards", "stage_number": 0, "step": \#(step + 1), "epoch": 1, "#
        log +=
          head + #""loss": 1, "reward": \#(values.0), "reward_cider": \#(values.0), "rep-2": \#(values.1)}"#
          + "\n"
        log +=
          head
          + #""validation_reward": \#(values.0), "validation_no_end": \#(values.1), "validation_mean_length": 9}"#
          + "\n"
      }
      try Data(log.utf8).write(to: folder.appendingPathComponent("log.jsonl"))
      let run = try CommandRun(["runs", "show", "log.jsonl"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n")
      for (name, end) in [
        ("reward ", "best 0.5 (step 3)"), ("reward_cider", "best 0.5 (step 3)"),
        ("rep-2", "best 0.1 (step 3)"),
        ("validation_reward", "best 0.5 (step 3)"), ("validation_no_end", "best 0.1 (step 3)"),
        ("validation_mean_length", "last 9 (step 3)"),
      ] {
        let line = lines.first { $0.hasPrefix("  \(name)") } ?? ""
        #expect(line.hasSuffix(end), "\(line)")
      }
    }
  }

  /// Steps whose sum is no number, and what is no log at all.
  @Test(arguments: ["show", "plot"]) func whatIsNoLogIsSaid(_ command: String) throws {
    func run(_ file: String, in folder: URL) throws -> CommandRun {
      try CommandRun(["runs", command, file] + (command == "plot" ? ["-o", "a.svg"] : []), in: folder)
    }
    try withLog { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("run"), withIntermediateDirectories: true)
      let most = Int.max
      for (name, text) in [
        (
          "steps.jsonl",
          "{\"stage_number\": 0, \"step\": \(most), \"loss\": 1}\n{\"stage_number\": 1, \"step\": \(most)}\n"
        ),
        ("stages.jsonl", "{\"stage_number\": \(most), \"step\": 1, \"loss\": 1}\n"),
        ("text.jsonl", "a cat\n"),
      ] {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        let run = try run(name, in: folder)
        #expect(
          run.isOneSentence(about: "\(name) cannot be read: it has no line of a training log"),
          "\(run.errors)")
      }
      let folderRun = try run("run", in: folder)
      #expect(folderRun.isOneSentence(about: "run cannot be read: it is a folder; give the log.jsonl"))
      let missing = try run("nothing.jsonl", in: folder)
      #expect(missing.isOneSentence(about: "nothing.jsonl: there is no such file"))
    }
  }

  @Test func valuesAreChosen() throws {
    let (run, svg) = try plot(["--value", "loss", "--value", "validation_text_to_image_R@10"])
    #expect(run.status == 0 && svg.components(separatedBy: ">steps</text>").count - 1 == 2, "\(run.errors)")
    let (wrong, _) = try plot(["--value", "los"])
    #expect(
      wrong.isOneSentence(about: "it has loss, contrastive, learning_rate, grad_norm, validation_text"),
      "\(wrong.errors)")
  }
}
