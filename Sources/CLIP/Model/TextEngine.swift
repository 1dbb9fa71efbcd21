import Compute

/// The text tower with its threads and their memory.
final class TextEngine: Sendable {
  /// Tokens that a worker takes at once.
  static let rowsAtOnce = 512

  private let tower: TextTower
  private let precision: Precision
  private let threads: Int
  private let team: Team
  private let dimension: Int

  init(_ parameters: Parameters, threads: Int) throws {
    team = Team(count: threads)
    self.threads = team.count
    precision = parameters.precision
    dimension = parameters.checkpoint.configuration.embeddingWidth
    tower = try TextTower(parameters, team: team)
  }

  func embed(
    _ texts: [[Int32]], normalized: Bool, progress: (@Sendable (Int) -> Void)?
  ) throws -> EmbeddingMatrix {
    let watcher = ProgressCounter(progress)
    return try EmbeddingRows.collect(count: texts.count, dimension: dimension) { rows, failures in
      let plan = TextPlan(texts, tower: tower, failures: failures)
      let total = plan.distinct.reduce(0) { $0 + $1.count }
      // Too little to share out: everybody works on the same rows.
      let together = plan.distinct.count < threads || total <= 64 * threads
      let chunks = Chunks(plan.chunks(largest: together ? total : min(Self.rowsAtOnce, total / threads + 1)))
      let broken = FirstError()
      let work: (Int) -> Void = { _ in
        do {
          let context = try Context(threads: together ? self.threads : 1)
          var space: TextTower.Space?
          var results: [Float] = []
          while let range = chunks.take() {
            let batch = Array(plan.distinct[range])
            let ready =
              try space
              ?? TextTower.Space(
                self.tower, rows: plan.mostRows(chunks), texts: plan.mostTexts(chunks),
                precision: self.precision,
                members: context.team.count)
            space = ready
            results = [Float](repeating: 0, count: batch.count * self.dimension)
            try results.withUnsafeMutableBufferPointer { buffer in
              guard let start = buffer.baseAddress else { return }
              try self.tower.embed(batch, ready, context, to: start)
              for (place, group) in plan.owners[range].enumerated() {
                for index in group {
                  rows.row(index).update(from: start + place * self.dimension, count: self.dimension)
                  rows.finish(index, normalized: normalized, failures: failures)
                }
                watcher.add(group.count)
              }
            }
          }
        } catch {
          broken.note(error)
          chunks.cancel()
        }
      }
      if together { work(0) } else { team.run(work) }
      try broken.check()
    }
  }
}

/// Distinct texts, short ones first, and who asked for each.
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

  /// The tokens of the largest chunk.
  func mostRows(_ chunks: Chunks) -> Int {
    chunks.ranges.map { distinct[$0].reduce(0) { $0 + $1.count } }.max() ?? 0
  }

  /// The texts of the chunk with the most.
  func mostTexts(_ chunks: Chunks) -> Int { chunks.ranges.map(\.count).max() ?? 0 }
}
