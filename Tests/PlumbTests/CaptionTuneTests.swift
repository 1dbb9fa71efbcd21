import Foundation
import JSON
import TestSupport
import Testing
import Training

/// The guard and the options of `plumb caption tune`, on a dozen images and a tiny encoder.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct CaptionTuneTests {
  @Test func aJudgeThatFallsEndsTheTrainingAndTheCaptionerOfBeforeIsKept() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      // Captions are rewarded for having little in common with the references: while the reward rises, BLEU-1 falls.
      let settings = [
        "captioner=good/model", "reward=-1*rouge", "judge={metric: bleu1, max_drop: 0.1}", "train.epochs=10",
        "train.learning_rate=3e-3", "train.validate_every_steps=3",
      ]
      let command = ["caption", "tune", "tune.yaml", "--json"] + CaptionRun.set(settings)
      let run = try CommandRun(command, in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("the judge 1.0*bleu1 fell from"), "\(run.errors)")
      #expect(run.errors.contains("training stops, and the best captioner before that is kept"))
      // Without a stop there would be 30 steps, and a validation after every third.
      #expect(try CaptionRun.values("loss", folder, "tuned").count == 3)
      let judged = try CaptionRun.values("validation_judge", folder, "tuned")
      #expect(judged.count == 2 && judged[1] < 0.9 * judged[0], "\(judged)")
      // By its reward the captioner that fell would be the best.
      let rewards = try CaptionRun.values("validation_reward", folder, "tuned")
      #expect(rewards[1] > rewards[0], "\(rewards)")
      let document = try JSONValue(parsing: run.output.utf8).object
      #expect(document?["epoch"]?.integer == 0)
      #expect(document?["validation"]?.object?["judge"]?.number == judged[0])
      #expect(try CaptionRun.weights(folder, "tuned") == CaptionRun.weights(folder, "good"))
      // The run is over: the same command trains no further.
      let again = try CommandRun(command, in: folder)
      #expect(again.status == 0, "\(again.errors)")
      #expect(try CaptionRun.values("loss", folder, "tuned").count == 3)
      #expect(try CaptionRun.weights(folder, "tuned") == CaptionRun.weights(folder, "good"))
    }
  }

  @Test func aResumedRunWarnsOfTheSignsThatTheWholeRunWarnsOf() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      // As above, but that nothing stops it: captions soon end with an article, and stay so for a while.
      let settings = [
        "captioner=good/model", "reward=-1*rouge", "judge={metric: bleu1, max_drop: 1}", "train.epochs=6",
        "train.schedule=constant",
      ]
      let command = ["caption", "tune", "tune.yaml"] + CaptionRun.set(settings)
      func signs(_ errors: Substring) -> [Substring] {
        errors.split(separator: "\n").filter { $0.contains("signs of a collapse") }
      }
      let whole = try CommandRun(command, in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      // Killed once, in the middle of its 28 lines.
      let script = "echo begin >>errors.txt; exec \"$0\" \"$@\" 2>>errors.txt"
      let (kills, status) = try KilledRuns.run(
        URL(fileURLWithPath: "/bin/sh"),
        ["-c", script, CommandRun.executable.path] + command + ["--set", "output=killed"], in: folder,
        log: folder.appendingPathComponent("killed/log.jsonl"), killingAt: { $0 == 1 ? 14 : .max })
      #expect(status == 0 && kills == 1)
      #expect(try CaptionRun.log(folder, "killed") == CaptionRun.log(folder, "tuned"))
      let errors = try String(contentsOf: folder.appendingPathComponent("errors.txt"), encoding: .utf8)
      let resumed = signs(try #require(errors.split(separator: "begin\n").last))
      #expect(resumed == signs(whole.errors[...]).suffix(resumed.count), "\(errors)")
      // The last validation, which both have made, shows them where it has more bad endings than the first.
      let endings = try CaptionRun.values("validation_bad_ending", folder, "tuned")
      let isLate = try #require(endings.last) > endings[0] + 0.02
      #expect(!isLate || !resumed.isEmpty, "\(endings)")
    }
  }

  @Test func everyMetricRewardsAStep() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      let rewards = ["reflclip", "clip", "bleu4", "rouge"] + (MeteorCommandTests.hasTables ? ["meteor"] : [])
      for reward in rewards {
        let run = try CaptionRun.tuneOneStep(
          ["reward=\(reward)", "output=\(reward)", "judge={metric: bleu1}"], in: folder)
        #expect(run.status == 0, "\(reward): \(run.errors)")
        let lines = try CaptionRun.log(folder, reward)
        // One validation before the step, and one after it.
        #expect(lines.count == 3 && lines[1].contains("\"reward_formula\": \"1.0*\(reward)"), "\(lines)")
        let value = try CaptionRun.values("reward_\(reward)", folder, reward)
        #expect(value.count == 1 && value.allSatisfy { $0 > 0 }, "\(reward): \(value)")
        #expect(try CaptionRun.values("reward", folder, reward) == value)
        // Samples are rewarded otherwise than each other.
        let norms = try CaptionRun.values("grad_norm", folder, reward)
        #expect(norms.allSatisfy { $0 > 0 }, "\(reward): \(norms)")
      }
    }
  }

  @Test func theBaselineAndStandardisationChangeTheStepAndNotItsRewards() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      let options = [
        ("plain", [], "baseline leave-one-out of 3 samples"),
        ("greedy", ["baseline=greedy"], "baseline greedy of 3 samples"),
        ("standard", ["standardize_rewards=true"], "each standardised over the samples of an image"),
        ("alone", ["baseline=greedy", "samples=1"], "baseline greedy of 1 samples"),
      ]
      for (name, settings, formula) in options {
        let run = try CaptionRun.tuneOneStep(settings + ["output=\(name)"], in: folder)
        #expect(run.status == 0, "\(name): \(run.errors)")
        #expect(try CaptionRun.log(folder, name)[1].contains(formula))
        let norms = try CaptionRun.values("grad_norm", folder, name)
        #expect(norms.count == 1 && norms.allSatisfy { $0 > 0 }, "\(name): \(norms)")
      }
      // The same seed draws the same captions, which the metrics value alike.
      for part in ["reward_lclip", "reward_cider"] {
        let plain = try CaptionRun.values(part, folder, "plain")
        #expect(plain.count == 1 && plain.allSatisfy { $0 > 0 })
        for name in ["greedy", "standard"] { #expect(try CaptionRun.values(part, folder, name) == plain) }
      }
      let losses = try ["plain", "greedy", "standard"].flatMap {
        try CaptionRun.values("loss", folder, $0)
      }
      #expect(Set(losses).count == 3, "\(losses)")
      // Over the samples of an image a standardised reward has the mean 0.
      let means = try ["plain", "standard"].flatMap { try CaptionRun.values("reward", folder, $0) }
      #expect(means.count == 2 && means[0] > 0.01 && abs(means[1]) < 1e-9, "\(means)")
    }
  }
}
