import CLIP
import Distillation
import Foundation
import Learning

/// Sentences whose embeddings are to stay what they were, so that the tower does not forget what captions do not teach.
///
/// The loss is the mean of `1 − cos` of the embedding and the old tower's (after Li and Hoiem 2016, "Learning without Forgetting").
struct Anchors {
  private let tokens: TokenTable
  /// What the old tower says of them.
  private let rows: VectorTable
  private let order: EpochOrder
  /// Steps of an epoch of the run, which is none of the anchors.
  private let steps: Int

  init?(
    _ recipe: FineTuningRecipe, model: Checkpoint, data: EpochOrder, embedder: CLIPEmbedder, kept: URL,
    group: ProcessGroup, progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    guard let file = recipe.rewordings.anchors, recipe.losses.anchor > 0 else { return nil }
    let set = try TrainingSet.texts([file])
    tokens = try TokenTable(
      set, tokenizer: CLIPTokenizer.load(from: model.source?.folder ?? recipe.output),
      contextLength: model.configuration.text.contextLength, threads: recipe.threads ?? 2)
    rows = try KeptEmbeddings(of: embedder, in: kept, key: set.fingerprint)
      .rows(set.captionCount, of: "anchors") { range in
        let rows = try embedder.embedTexts(range.map { set.caption($0) }).rows
        progress("anchors", range.upperBound, set.captionCount)
        return rows
      }
    let size = min(data.batchSize, set.captionCount) / group.world * group.world
    guard size > 0 else {
      throw DataError.unevenShares(batchSize: set.captionCount, processes: group.world)
    }
    order = try EpochOrder(itemCount: set.captionCount, batchSize: size, seed: recipe.seed)
    steps = data.batchCount
  }

  /// The loss at a step: each process computes its share of the sentences.
  func loss(at position: DataPosition, network: CLIPNetwork, group: ProcessGroup, _ pass: ForwardPass) throws
    -> Tensor
  {
    let step = position.epoch * steps + position.batch
    let epoch = order.epoch(step / order.batchCount)
    let batch = step % order.batchCount
    let share = epoch.share(ofBatch: batch, rank: group.rank, world: group.world)
    let packed = tokens.batch(epoch.items[share].map { Int($0) })
    let lengths = zip(packed.offsets, packed.offsets.dropFirst()).map { Int($1 - $0) }
    let new = try group.gathered(network.text(ids: packed.ids, lengths: lengths, pass))
    let old = rows.rows(epoch.batch(batch).map { Int($0) })
    return try TowerLoss.cosine(new, network.parameters.torch.tensor(old, [order.batchSize, rows.dimension]))
  }
}
