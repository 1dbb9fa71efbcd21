import Foundation

/// The threads' work: batches in order, each made by several threads.
final class LoaderWork: @unchecked Sendable {
  // Unchecked: `state` is only touched while `condition` is locked.

  /// A batch that is being made.
  private final class Job: @unchecked Sendable {
    // Unchecked: counters and rows are only touched while the condition is locked.
    let position: DataPosition
    let epoch: EpochOrder.Epoch
    let places: Range<Int>
    let images: ImageBatch?
    var rows: [BatchMaker.Row?]
    var nextRow = 0
    var doneRows = 0
    var error: (any Error)?

    init(
      position: DataPosition, epoch: EpochOrder.Epoch, places: Range<Int>, images: ImageBatch?
    ) {
      self.position = position
      self.epoch = epoch
      self.places = places
      self.images = images
      rows = [BatchMaker.Row?](repeating: nil, count: places.count)
    }

    var isDone: Bool { doneRows == rows.count }
  }

  private struct State {
    var position: DataPosition
    var epoch: EpochOrder.Epoch?
    /// Begun and not yet taken, the next one first.
    var jobs: [Job] = []
    var isStopped = false
    var failure: (any Error)?
    var threads = 0
  }

  let maker: BatchMaker
  private let epochs: Int?
  private let ahead: Int
  private let condition = NSCondition()
  private var state: State

  /// Rows that a thread takes at once: few enough that all threads have something to do on a small batch.
  private static let rowsAtOnce = 4

  init(
    _ set: TrainingSet, order: EpochOrder, options: BatchLoader.Options, from position: DataPosition,
    epochs: Int?
  ) throws {
    maker = try BatchMaker(set, order: order, options: options)
    guard position.epoch >= 0, (0..<order.batchCount).contains(position.batch) else {
      throw DataError.badOption(
        name: "the position", expected: "an epoch from 0 and a batch of 0 to \(order.batchCount - 1)",
        found: "epoch \(position.epoch), batch \(position.batch)")
    }
    self.epochs = epochs
    ahead = max(1, min(options.ahead, 1024))
    state = State(position: position)
  }

  /// Notes a thread that is about to start.
  func begin() {
    condition.lock()
    state.threads += 1
    condition.unlock()
  }

  /// What a thread does from its start to its end.
  func run() {
    condition.lock()
    while !state.isStopped {
      guard let (job, range) = claim() else {
        if isExhausted { break }
        condition.wait()
        continue
      }
      condition.unlock()
      let (rows, error) = make(job, range)
      condition.lock()
      for (index, row) in zip(range, rows) { job.rows[index] = row }
      job.error = job.error ?? error
      job.doneRows += range.count
      if job.isDone { condition.broadcast() }
    }
    state.threads -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// The next batch.
  func next() throws -> Batch? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let failure = state.failure { throw failure }
      if state.isStopped { throw DataError.stopped }
      if let job = state.jobs.first {
        if job.isDone {
          state.jobs.removeFirst()
          condition.broadcast()
          if let error = job.error {
            state.failure = error
            state.isStopped = true
            state.jobs = []
            throw error
          }
          return batch(of: job)
        }
      } else if isExhausted {
        return nil
      }
      condition.wait()
    }
  }

  func stop() {
    condition.lock()
    state.isStopped = true
    state.jobs = []
    condition.broadcast()
    condition.unlock()
  }

  /// Returns once no thread runs.
  func wait() {
    condition.lock()
    while state.threads > 0 { condition.wait() }
    condition.unlock()
  }

  private var isExhausted: Bool { epochs.map { state.position.epoch >= $0 } ?? false }

  /// Rows that nobody makes yet, of the first batch that has some; begins another batch where there is room.
  private func claim() -> (Job, Range<Int>)? {
    var job = state.jobs.first { $0.nextRow < $0.rows.count }
    // A process may have no part in a last batch, which is then done as soon as it is begun.
    while job == nil, state.jobs.count < ahead, !isExhausted {
      let begun = begin(state.position)
      state.jobs.append(begun)
      state.position = maker.order.position(after: state.position)
      if state.position.epoch != begun.position.epoch { state.epoch = nil }
      condition.broadcast()
      if !begun.rows.isEmpty { job = begun }
    }
    guard let job else { return nil }
    let range = job.nextRow..<min(job.nextRow + Self.rowsAtOnce, job.rows.count)
    job.nextRow = range.upperBound
    return (job, range)
  }

  private func begin(_ position: DataPosition) -> Job {
    let epoch = state.epoch ?? maker.order.epoch(position.epoch)
    state.epoch = epoch
    let places = epoch.share(
      ofBatch: position.batch, rank: maker.options.rank, worldSize: maker.options.worldSize)
    let images = maker.renderer.map {
      ImageBatch(count: places.count, height: $0.height, width: $0.width, layout: $0.plan.layout)
    }
    return Job(position: position, epoch: epoch, places: places, images: images)
  }

  private func make(_ job: Job, _ range: Range<Int>) -> ([BatchMaker.Row?], (any Error)?) {
    var rows: [BatchMaker.Row?] = []
    for index in range {
      do {
        rows.append(
          try maker.row(
            at: job.places.lowerBound + index, of: job.epoch, to: job.images?.slot(index)))
      } catch {
        return (rows, error)
      }
    }
    return (rows, nil)
  }

  private func batch(of job: Job) -> Batch {
    let rows = job.rows.compactMap { $0 }
    let captions = rows.map(\.caption)
    return Batch(
      position: job.position, following: maker.order.position(after: job.position), items: rows.map(\.item),
      captionRows: captions, images: job.images, texts: maker.options.tokens?.batch(captions))
  }
}
