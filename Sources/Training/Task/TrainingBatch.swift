/// A batch of any task: it says where in the data it lies.
public protocol TrainingBatch {
  /// Which batch this is.
  var position: DataPosition { get }
  /// Where to go on after it.
  var following: DataPosition { get }
  /// The number of items of this process.
  var count: Int { get }
}

/// Batches one after another.
public protocol BatchSource<Element> {
  /// A batch.
  associatedtype Element: TrainingBatch
  /// The next batch; nil after the last.
  func next() throws -> Element?
  /// Ends what works ahead; no batch is asked for any more.
  func stop()
}

extension Batch: TrainingBatch {}
extension BatchLoader: BatchSource {}
