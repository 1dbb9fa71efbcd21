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

/// Which images come in which batch, and which process takes them.
struct CaptionOrder {
  fileprivate let order: EpochOrder
  fileprivate let epochs: Int
  fileprivate let group: ProcessGroup
  /// The item of each number of the order.
  fileprivate let items: [Int]

  /// - Throws: `DataError`, where processes would have unequal shares of a batch too.
  init(_ items: [Int], settings: TrainingSettings, seed: UInt64, group: ProcessGroup) throws {
    order = try EpochOrder(
      itemCount: items.count, batchSize: min(settings.batchSize, items.count), seed: seed)
    guard order.batchSize % group.worldSize == 0 else {
      throw DataError.unevenShares(batchSize: order.batchSize, processes: group.worldSize)
    }
    (epochs, self.items, self.group) = (settings.epochs, items, group)
  }

  var batchCount: Int { order.batchCount }
}

/// Batches of images, one after another; only their numbers, since features are read when they are needed.
package final class CaptionBatches: BatchSource {
  private let images: CaptionOrder
  private var position: DataPosition
  private var epoch: EpochOrder.Epoch?

  init(_ images: CaptionOrder, from position: DataPosition) {
    self.images = images
    self.position = position
  }

  package func next() -> CaptionBatch? {
    let (order, group) = (images.order, images.group)
    guard position.epoch < images.epochs else { return nil }
    let current = epoch.flatMap { $0.number == position.epoch ? $0 : nil } ?? order.epoch(position.epoch)
    epoch = current
    let share = current.share(ofBatch: position.batch, rank: group.rank, worldSize: group.worldSize)
    defer { position = order.position(after: position) }
    return CaptionBatch(
      position: position, following: order.position(after: position),
      items: share.map { images.items[Int(current.items[$0])] })
  }

  package func stop() {}
}
