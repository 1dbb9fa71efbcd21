import Compute
import Foundation

/// Makes batches on threads of its own, a few ahead of the one that is asked for.
///
/// ```swift
/// let loader = try BatchLoader(set, order: order, options: options, from: position)
/// while let batch = try loader.next() { … }
/// ```
///
/// What is in a batch follows from the data, the order and the seed: neither from the number of threads nor from
/// their speed. An item whose image cannot be read is replaced by the one a global batch later in the epoch's order
/// (then two batches later, and so on, around the end): every process would choose the same, and no batch gets an
/// item twice.
public final class BatchLoader: Sendable {
  /// How batches are made.
  public struct Options: Sendable {
    /// The seed of captions and changes; the order has its own.
    public var seed: UInt64
    /// This process among all, from 0.
    public var rank = 0
    /// The number of processes.
    public var worldSize = 1
    /// Which caption of an item is taken.
    public var captions = CaptionChoice.random
    /// How images are made; nil for none.
    public var images: ImagePlan?
    /// The tokens of the set's captions; nil for none.
    public var tokens: TokenizedTexts?
    /// Threads that make batches.
    public var threads = Hardware.coreCount
    /// The most batches that are made ahead or being made.
    public var ahead = 3
    /// The share of items whose images may be missing or unreadable.
    public var maxSkippedFraction = 0.01

    /// One process, captions at random, no images and no tokens.
    public init(seed: UInt64 = 0) { self.seed = seed }
  }

  private let work: LoaderWork

  /// Begins to make batches.
  ///
  /// - Parameters:
  ///   - position: the first batch.
  ///   - epochs: the epoch to end before; nil to go on for ever.
  /// - Throws: ``DataError``.
  public init(
    _ set: TrainingSet, order: EpochOrder, options: Options, from position: DataPosition = DataPosition(),
    epochs: Int? = nil
  ) throws {
    work = try LoaderWork(set, order: order, options: options, from: position, epochs: epochs)
    for number in 0..<max(1, min(options.threads, 256)) {
      let thread = Thread { [work] in work.run() }
      thread.name = "plumb-data-\(number)"
      thread.stackSize = 4 << 20
      work.begin()
      thread.start()
    }
  }

  deinit { work.stop() }

  /// The next batch, waited for where it is not ready; nil after the last one.
  ///
  /// - Throws: what made the batch impossible, with the image's name; from then on always. ``DataError/stopped``
  ///   after ``stop()``.
  public func next() throws -> Batch? { try work.next() }

  /// Ends the threads and waits for them; batches that are not taken are lost.
  public func stop() {
    work.stop()
    work.wait()
  }

  /// The images that could not be read so far.
  public var unreadable: UnreadableImages { work.maker.unreadable }
}
