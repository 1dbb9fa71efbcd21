import CLIP
import Foundation
import Training

extension SelfCriticalRecipe.Judge {
  /// Reads a recipe's `judge`, which must not be a part of the reward: it would rise with it whatever becomes of the captions.
  ///
  /// - Parameter rewardModel: the model of the rewards' CLIPScores.
  /// - Throws: `RecipeError`, ``CaptioningError/badReward(expression:offset:expected:)``.
  init(_ node: RecipeNode, reward: RewardExpression, rewardModel: String) throws {
    let keys = try node.keys()
    metric = try RewardExpression(keys.string("metric", default: "clip"))
    model = try keys.optional("model")?.modelName() ?? "mini"
    maxDrop = try keys.number("max_drop", in: 0...1, default: 0.02)
    try keys.end()
    let isSameModel = Self.place(of: model) == Self.place(of: rewardModel)
    let rewarded = Set(reward.terms.filter { $0.weight != 0 }.map(\.name.metric))
    let shared = metric.terms.first {
      rewarded.contains($0.name.metric) && (isSameModel || !$0.name.needsModel)
    }
    guard let shared else { return }
    let other = [RewardExpression.Name.bleu4, .cider, .rouge].first { !rewarded.contains($0) }
    throw (keys.optional("metric") ?? node).refused(
      "a metric that is no part of the reward\(other.map { ", such as \($0.rawValue)" } ?? "")"
        + (shared.name.needsModel
          ? ", or have a judge.model that is not the reward_model, \(rewardModel)" : ""))
  }

  /// Where a model is; its name where it is not there.
  private static func place(of model: String) -> String {
    (try? ModelLocator.resolve(model))?.resolvingSymlinksInPath().path ?? model
  }
}

extension RewardExpression.Name {
  /// The metric under one name.
  fileprivate var metric: Self { self == .lclip ? .clip : self }
}
