package import CLIP
import Foundation
package import Training

/// Sentences whose embeddings are to stay what they were, so that the tower does not forget what captions do not teach.
///
/// The loss is the mean of `1 − cos` of the embedding and the old tower's (after Li and Hoiem 2016, "Learning without Forgetting").
package final class Anchors {
  private let tokens: TokenizedTexts
  /// What the old tower says of them.
  private let targets: Embeddings
  private let order: EpochOrder
  /// What tells whether they are the same sentences; 0 for those that no file gave.
  private(set) var dataFingerprint: UInt64 = 0
  /// Steps of an epoch of the run, which is none of the anchors.
  private let steps: Int
  /// The pass over the sentences that the last step was in.
  private var current: EpochOrder.Epoch?

  /// - Parameters:
  ///   - tokens: the sentences.
  ///   - targets: what the old tower says of them.
  ///   - order: the order in which they come.
  ///   - steps: batches of an epoch of the run.
  package init(_ tokens: TokenizedTexts, targets: Embeddings, order: EpochOrder, steps: Int) {
    self.tokens = tokens
    self.targets = targets
    self.order = order
    self.steps = steps
  }

  convenience init(
    _ file: URL, _ recipe: FineTuningRecipe, tokenizer: CLIPTokenizer, contextLength: Int, data: EpochOrder,
    embedder: CLIPEmbedder, cache: URL, group: ProcessGroup,
    progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    let set = try TrainingSet.texts([file])
    let tokens = try TokenizedTexts(
      set, tokenizer: tokenizer, contextLength: contextLength, threads: recipe.threads ?? 2)
    let targets = try EmbeddingCache(of: embedder, in: cache, key: set.fingerprint)
      .embeddings(set.captionCount, of: "anchors") { range in
        defer { progress("anchors", range.upperBound, set.captionCount) }
        return try embedder.embedTexts(range.map { set.caption($0) }).embeddings
      }
    let size = min(data.batchSize, set.captionCount) / group.worldSize * group.worldSize
    guard size > 0 else {
      throw DataError.unevenShares(batchSize: set.captionCount, processes: group.worldSize)
    }
    let order = try EpochOrder(itemCount: set.captionCount, batchSize: size, seed: recipe.seed)
    self.init(tokens, targets: targets, order: order, steps: data.batchCount)
    dataFingerprint = set.fingerprint
  }

  /// The loss at a step: each process computes its share of the sentences.
  package func loss(at position: DataPosition, network: CLIPNetwork, group: ProcessGroup, _ pass: ForwardPass)
    throws
    -> Tensor
  {
    let step = position.epoch * steps + position.batch
    let number = step / order.batchCount
    let epoch = current.flatMap { $0.number == number ? $0 : nil } ?? order.epoch(number)
    current = epoch
    let batch = step % order.batchCount
    let share = epoch.share(ofBatch: batch, rank: group.rank, worldSize: group.worldSize)
    let packed = tokens.batch(epoch.items[share].map { Int($0) })
    let new = try group.gathered(network.text(ids: packed.ids, lengths: packed.lengths, pass))
    let old = targets.values(of: epoch.batch(batch).map { Int($0) })
    return try TowerLoss.cosine(
      new, network.parameters.torch.tensor(old, [order.batchSize, targets.dimension]))
  }
}
