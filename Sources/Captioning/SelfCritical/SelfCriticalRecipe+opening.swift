import CLIP
import Training

extension SelfCriticalRecipe {
  /// Opens what the reward and the judge are computed with, and computes nothing.
  ///
  /// - Throws: what ``RewardModel`` throws of a model, a head or tables.
  func openRewards() throws {
    let head = try grammarHead.map(GrammarHead.init)
    try reward.open(model: rewardModel, head, threads: threads)
    if let judge { try judge.metric.open(model: judge.model, head, threads: threads) }
  }
}

extension RewardExpression {
  fileprivate func open(model name: String, _ head: GrammarHead?, threads: Int?) throws {
    for term in terms {
      _ = try term.name.wordReward(documentFrequency: nil, hasEnds: true, threads: threads ?? 1)
    }
    guard needsModel else { return }
    let embedder = try CLIPEmbedder(
      opening: ModelLocator.resolve(name), options: CLIPEmbedder.Options(threads: threads))
    if terms.contains(where: { $0.name == .grammar }) { _ = try GrammarReward(head, embedder: embedder) }
  }
}
