import Foundation
package import Training

/// A batch of images, with some captions of each.
package struct CaptionBatch: TrainingBatch {
  package let position: DataPosition
  package let following: DataPosition
  /// The items of this process.
  let items: [Int]
  /// The number of images.
  package var count: Int { items.count }
}

/// Batches of images, one after another; only their numbers, since features are read when they are needed.
package final class CaptionBatches: BatchSource {
  private let order: EpochOrder
  private let epochs: Int
  private let group: ProcessGroup
  /// The item of each number of the order.
  private let items: [Int]
  private var position: DataPosition
  private var epoch: EpochOrder.Epoch?

  init(_ order: EpochOrder, items: [Int], from position: DataPosition, epochs: Int, group: ProcessGroup) {
    self.order = order
    self.items = items
    self.position = position
    self.epochs = epochs
    self.group = group
  }

  package func next() -> CaptionBatch? {
    guard position.epoch < epochs else { return nil }
    let current = epoch.flatMap { $0.number == position.epoch ? $0 : nil } ?? order.epoch(position.epoch)
    epoch = current
    let share = current.share(ofBatch: position.batch, rank: group.rank, worldSize: group.worldSize)
    defer { position = order.position(after: position) }
    return CaptionBatch(
      position: position, following: order.position(after: position),
      items: share.map { items[Int(current.items[$0])] })
  }

  package func stop() {}
}
