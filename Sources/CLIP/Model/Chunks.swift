import Synchronization

/// Pieces of work that threads take one after the other.
final class Chunks: Sendable {
  /// The items of each piece.
  let ranges: [Range<Int>]
  private let next = Atomic<Int>(0)

  /// Pieces as they are.
  init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  /// `count` items in pieces of at most `largest`, as even as can be and, if there is enough, a whole number for each
  /// thread.
  convenience init(count: Int, largest: Int, threads: Int) {
    var pieces = (count + largest - 1) / max(1, largest)
    pieces = min(count, (pieces + threads - 1) / threads * threads)
    self.init((0..<pieces).map { (count * $0 / pieces)..<(count * ($0 + 1) / pieces) })
  }

  /// The next piece, or nil when all are taken.
  func take() -> Range<Int>? {
    let index = next.add(1, ordering: .relaxed).oldValue
    return index < ranges.count ? ranges[index] : nil
  }

  /// Takes what is left, so that nobody goes on.
  func cancel() { next.store(ranges.count, ordering: .relaxed) }
}

/// Rows of embeddings that several threads write, each its own rows.
struct EmbeddingWriter: @unchecked Sendable {
  // Unchecked: a row is written by one thread alone.

  let dimension: Int
  let start: UnsafeMutablePointer<Float>

  /// Makes a matrix whose rows `body` writes, and collects what failed.
  static func collect(
    count: Int, dimension: Int, _ body: (EmbeddingWriter, ItemFailures) throws -> Void
  ) throws -> EmbeddedItems {
    let failures = ItemFailures()
    let values = try [Float](unsafeUninitializedCapacity: count * dimension) { buffer, initialized in
      buffer.initialize(repeating: 0)
      if let start = buffer.baseAddress, count > 0 {
        try body(EmbeddingWriter(dimension: dimension, start: start), failures)
      }
      initialized = count * dimension
    }
    return EmbeddedItems(
      embeddings: try Embeddings(values: values, dimension: dimension), failures: failures.all)
  }

  /// Copies a row of a batch to the row of an item.
  func write(_ batch: [Float], _ place: Int, to index: Int) {
    for i in 0..<dimension { row(index)[i] = batch[place * dimension + i] }
  }

  /// The row of an item.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { start + index * dimension }
}

/// What went wrong with single items, noted by several threads.
final class ItemFailures: Sendable {
  private let failures = Mutex<[Int: any Error]>([:])

  /// Keeps the failure of an item.
  func note(_ index: Int, _ error: any Error) { failures.withLock { $0[index] = error } }

  /// Everything that was noted.
  var all: [Int: any Error] { failures.withLock { $0 } }
}

/// Counts what is done, for those who watch.
final class ProgressCounter: Sendable {
  private let done = Atomic<Int>(0)
  private let total: Int
  private let report: EmbeddingProgress?

  init(of total: Int, _ report: EmbeddingProgress?) {
    self.total = total
    self.report = report
  }

  /// Adds items, and tells.
  func add(_ count: Int) {
    report?(done.add(count, ordering: .relaxed).newValue, total)
  }
}
