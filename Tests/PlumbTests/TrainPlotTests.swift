import Foundation
import TestSupport
import Testing

@Suite struct TrainPlotTests {
  /// A log of two stages, and what `plumb train plot` makes of it.
  private func plot(_ arguments: [String] = []) throws -> (run: CommandRun, svg: String) {
    try TestData.withTemporaryFolder { folder in
      var log = ""
      for (number, stage) in ["image", "text"].enumerated() {
        for step in 1...40 {
          let head = #"{"stage": "\#(stage)", "stage_number": \#(number), "step": \#(step), "epoch": 1, "#
          log +=
            head
            + #""loss": \#(3.0 / Double(step)), "contrastive": 1, "rate": 1e-3, "gradient": 2, "seconds": 1}"#
            + "\n"
          if step % 20 == 0 {
            log +=
              head + #""validation_text_to_image_R@1": 0.1, "validation_text_to_image_R@10": 0.98}"# + "\n"
          }
        }
      }
      try Data(log.utf8).write(to: folder.appendingPathComponent("log.jsonl"))
      let run = try CommandRun(["train", "plot", "log.jsonl", "-o", "a.svg"] + arguments, in: folder)
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
      "losses", "learning rate: rate", "norm of the gradient: gradient", "validation, text to image R@k",
    ] {
      #expect(svg.contains(">\(title)</text>"), "\(title)")
    }
    // Two losses, the rate, the gradient and two recalls, each in two parts.
    #expect(svg.components(separatedBy: "<path").count - 1 == 12)
    #expect(svg.components(separatedBy: ">image</text>").count - 1 == 4)
    #expect(!svg.contains(">1.2</text>") && !svg.contains("seconds"))
  }

  @Test func valuesAreChosen() throws {
    let (run, svg) = try plot(["--value", "loss", "--value", "validation_text_to_image_R@10"])
    #expect(run.status == 0 && svg.components(separatedBy: ">steps</text>").count - 1 == 2, "\(run.errors)")
    let (wrong, _) = try plot(["--value", "los"])
    #expect(
      wrong.isOneSentence(about: "it has loss, contrastive, rate, gradient, validation_text"),
      "\(wrong.errors)")
  }
}
