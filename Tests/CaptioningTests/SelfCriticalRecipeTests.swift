import Captioning
import Foundation
import TestSupport
import Testing
import Training

/// The recipes of `plumb caption tune`, as far as they are read without what they name.
struct SelfCriticalRecipeTests {
  private func recipe(_ settings: [String]) throws -> SelfCriticalRecipe {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("tune.yaml")
      let text = """
        output: run
        captioner: captioner
        data: {captions: captions.txt, images: images}
        validation: {captions: captions.txt, images: images}
        reward: 2*lclip + 1*cider
        train: {epochs: 1, batch_size: 2, learning_rate: 1e-3}
        """
      try Data(text.utf8).write(to: file)
      return try SelfCriticalRecipe(contentsOf: file, settings: settings)
    }
  }

  @Test(arguments: [
    ["judge={metric: bleu4}"], ["judge={metric: clip, model: other}"], ["judge={metric: reflclip}"],
    ["reward=1*cider + 0*lclip", "judge={metric: clip}"], ["reward=cider", "judge={}"],
    ["reward_model=other", "judge={metric: lclip}"], ["reward=bleu1", "judge={metric: bleu4}"],
  ])
  func aJudgeOutsideTheRewardIsTaken(_ settings: [String]) throws {
    #expect(try recipe(settings).judge != nil)
  }

  @Test(arguments: [
    (["judge={metric: clip}"], "judge.metric", "such as bleu4, or have a judge.model"),
    (["judge={metric: lclip, model: mini}"], "judge.metric", "judge.model"),
    (["judge={max_drop: 0.1}"], "judge should be", "judge.model"),
    (["reward_model=other", "judge={metric: clip, model: other}"], "judge.metric", "other"),
    (["judge={metric: cider, model: other}"], "judge.metric", "such as bleu4, found"),
    (["judge={metric: bleu4 + cider}"], "judge.metric", "such as bleu4, found"),
    (["reward=bleu4 - 0.5*rouge", "judge={metric: rouge}"], "judge.metric", "such as cider, found"),
    (["reward=grammar", "judge={metric: grammar}"], "judge.metric", "judge.model"),
  ])
  func aJudgeThatIsAPartOfTheRewardIsRefused(_ settings: [String], _ key: String, _ hint: String) {
    do {
      _ = try recipe(settings)
      Issue.record("\(settings) were taken")
    } catch let error as RecipeError {
      let text = error.description
      #expect(text.contains(key) && text.contains("no part of the reward") && text.contains(hint), "\(text)")
      #expect(!text.contains("\n"))
    } catch {
      Issue.record("\(error)")
    }
  }

  /// A link to a model is that model.
  @Test func theJudgesModelIsComparedByItsPlace() throws {
    try TestData.withTemporaryFolder { folder in
      let (model, link) = (folder.appendingPathComponent("model"), folder.appendingPathComponent("link"))
      try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: model)
      let judged = "judge={metric: clip, model: \(link.path)}"
      #expect(throws: RecipeError.self) { try recipe(["reward_model=\(model.path)", judged]) }
      #expect(try recipe([judged]).judge?.model == link.path)
    }
  }

  @Test(arguments: ["captioner/mixed.yaml", "own/rewards.yaml"])
  func theRecipesOfThePackageHaveAJudgeOutsideTheirReward(_ name: String) throws {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let recipe = try SelfCriticalRecipe(contentsOf: package.appendingPathComponent("Recipes/\(name)"))
    let expected = try RewardExpression("bleu4")
    #expect(recipe.judge?.metric == expected)
  }
}
