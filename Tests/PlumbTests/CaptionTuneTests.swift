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
}
