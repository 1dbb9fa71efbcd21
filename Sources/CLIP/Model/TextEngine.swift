import Compute

/// The text tower with its threads and their memory.
final class TextEngine: @unchecked Sendable {
  // Unchecked: `CLIPModel` lets one caller in at a time, and a worker is used by its own thread alone.

  /// Tokens that a worker takes at once.
  static let rowsAtOnce = 512

  private let tower: TextTower
  private let precision: Precision
  private let workers: Workers<TextTower.Space>
  private let dimension: Int

  init(_ parameters: Parameters, of configuration: CLIPConfiguration, threads: Int) throws {
    workers = try Workers(threads: threads)
    precision = parameters.precision
    dimension = configuration.embeddingWidth
    tower = try TextTower(parameters, of: configuration, pool: workers.pool)
  }

  func embed(
    _ texts: [[Int32]], normalized: Bool, progress: EmbeddingProgress?
  ) throws -> EmbeddedItems {
    let watcher = ProgressCounter(of: texts.count, progress)
    let threads = workers.pool.count
    return try EmbeddingWriter.collect(count: texts.count, dimension: dimension) { rows, failures in
      let plan = TextPlan(texts, tower: tower, failures: failures)
      let total = plan.distinct.reduce(0) { $0 + $1.count }
      // Too little to share out: everybody works on the same rows.
      let isLittle = plan.distinct.count < threads || total <= 64 * threads
      let chunks = Chunks(
        plan.chunks(
          largest: isLittle ? min(total, Self.rowsAtOnce) : min(Self.rowsAtOnce, total / threads + 1)))
      let broken = FirstError()
      let work = { (worker: Worker<TextTower.Space>) in
        do {
          var results: [Float] = []
          while let range = chunks.take() {
            let batch = Array(plan.distinct[range])
            results = [Float](repeating: 0, count: batch.count * self.dimension)
            try self.embed(batch, worker, to: &results)
            for (place, owners) in plan.owners[range].enumerated() {
              for index in owners {
                rows.write(results, place, to: index)
                rows.finish(index, normalized: normalized, failures: failures)
              }
              watcher.add(owners.count)
            }
          }
        } catch {
          broken.note(error)
          chunks.cancel()
        }
      }
      if isLittle { work(workers.together) } else { workers.pool.run { work(workers.alone[$0]) } }
      try broken.check()
    }
  }

  private func embed(
    _ batch: [ArraySlice<Int32>], _ worker: Worker<TextTower.Space>, to results: inout [Float]
  ) throws {
    // A batch has no more tokens than these, unless it is a single text.
    let tokens = max(Self.rowsAtOnce, tower.configuration.contextLength)
    let space = try worker.space(for: tokens) {
      try TextTower.Space(
        tower, rows: $0, texts: $0, precision: precision, members: worker.context.pool.count)
    }
    try results.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      try tower.embed(batch, space, worker.context, to: start)
    }
  }
}

/// Distinct texts, and who asked for each.
private struct TextPlan {
  /// The tokens of each distinct text, up to its end.
  private(set) var distinct: [ArraySlice<Int32>] = []
  /// The indices of the texts that are equal to each.
  private(set) var owners: [[Int]] = []

  init(_ texts: [[Int32]], tower: TextTower, failures: ItemFailures) {
    var places: [ArraySlice<Int32>: Int] = [:]
    var groups: [(text: ArraySlice<Int32>, owners: [Int])] = []
    for (index, ids) in texts.enumerated() {
      do {
        let text = ids[..<(try tower.tokensThatMatter(ids))]
        if let place = places[text] {
          groups[place].owners.append(index)
        } else {
          places[text] = groups.count
          groups.append((text, [index]))
        }
      } catch { failures.note(index, error) }
    }
    distinct = groups.map(\.text)
    owners = groups.map(\.owners)
  }

  /// Runs of texts with at most `largest` tokens together, or one text.
  func chunks(largest: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var first = 0
    var tokens = 0
    for (index, text) in distinct.enumerated() {
      if index > first, tokens + text.count > largest {
        result.append(first..<index)
        first = index
        tokens = 0
      }
      tokens += text.count
    }
    if first < distinct.count { result.append(first..<distinct.count) }
    return result
  }
}
