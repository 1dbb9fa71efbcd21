/// A place in the data: all that must be kept to go on from there.
public struct DataPosition: Codable, Sendable, Hashable {
  /// The pass over the data, from 0.
  public var epoch: Int
  /// The global batch of that pass, from 0.
  public var batch: Int

  /// Creates a position; the beginning, when nothing is said.
  public init(epoch: Int = 0, batch: Int = 0) {
    self.epoch = epoch
    self.batch = batch
  }
}

/// The order in which items are trained on: a permutation of them for every epoch, cut into batches.
///
/// The permutation follows from (seed, epoch) alone, so it is the same in every process, whatever their number, and
/// any place in it can be gone to. It is Fisher and Yates' shuffle with the numbers of ``DataRandom``.
public struct EpochOrder: Sendable, Equatable {
  /// The number of items.
  public let itemCount: Int
  /// Items of a global batch, all processes together.
  public let batchSize: Int
  /// The seed of the permutations.
  public let seed: UInt64
  /// Whether items are shuffled; otherwise every epoch takes them in their own order.
  public let shuffles: Bool
  /// Whether the last batch of an epoch is kept where it is smaller.
  public let keepsLast: Bool

  /// Creates an order.
  ///
  /// - Throws: ``DataError/batchTooLarge(batchSize:items:)``, ``DataError/badOption(name:expected:found:)``.
  public init(
    itemCount: Int, batchSize: Int, seed: UInt64, shuffles: Bool = true, keepsLast: Bool = false
  ) throws(DataError) {
    guard (1...1 << 24).contains(batchSize) else {
      throw .badOption(name: "the batch size", expected: "1 to \(1 << 24)", found: "\(batchSize)")
    }
    guard itemCount >= 1, itemCount < Int(Int32.max) else {
      throw .badOption(name: "the number of items", expected: "1 to \(Int32.max)", found: "\(itemCount)")
    }
    guard keepsLast || batchSize <= itemCount else {
      throw .batchTooLarge(batchSize: batchSize, items: itemCount)
    }
    self.itemCount = itemCount
    self.batchSize = batchSize
    self.seed = seed
    self.shuffles = shuffles
    self.keepsLast = keepsLast
  }

  /// Batches of an epoch.
  public var batchCount: Int { (itemCount + (keepsLast ? batchSize - 1 : 0)) / batchSize }

  /// The position after a batch.
  public func position(after position: DataPosition) -> DataPosition {
    position.batch + 1 < batchCount
      ? DataPosition(epoch: position.epoch, batch: position.batch + 1)
      : DataPosition(epoch: position.epoch + 1, batch: 0)
  }

  /// One pass over the items.
  public struct Epoch: Sendable {
    /// The number of the epoch.
    public let number: Int
    /// All items, in the order in which they come.
    public let items: [Int32]
    let batchSize: Int
    let batchCount: Int

    /// The places in ``items`` of a global batch; empty where there is no such batch.
    public func range(ofBatch batch: Int) -> Range<Int> {
      guard (0..<batchCount).contains(batch) else { return 0..<0 }
      return batch * batchSize..<min((batch + 1) * batchSize, items.count)
    }

    /// The items of a global batch.
    public func batch(_ batch: Int) -> ArraySlice<Int32> { items[range(ofBatch: batch)] }

    /// The places in ``items`` that fall to process `rank` of `worldSize`: from n·rank/worldSize up to n·(rank + 1)/worldSize of
    /// the batch's n, so that the parts in the order of the ranks are the batch.
    public func share(ofBatch batch: Int, rank: Int, worldSize: Int) -> Range<Int> {
      let range = range(ofBatch: batch)
      guard worldSize > 0, (0..<worldSize).contains(rank) else { return range.lowerBound..<range.lowerBound }
      return range.lowerBound + range.count * rank / worldSize..<range.lowerBound + range.count * (rank + 1)
        / worldSize
    }
  }

  /// The order of an epoch.
  public func epoch(_ number: Int) -> Epoch {
    var items = (0..<Int32(itemCount)).map { $0 }
    if shuffles {
      var random = DataRandom(seed: seed, epoch: number, purpose: .order)
      items.withUnsafeMutableBufferPointer { items in
        for last in stride(from: items.count - 1, to: 0, by: -1) {
          items.swapAt(last, random.below(last + 1))
        }
      }
    }
    return Epoch(number: number, items: items, batchSize: batchSize, batchCount: batchCount)
  }
}
