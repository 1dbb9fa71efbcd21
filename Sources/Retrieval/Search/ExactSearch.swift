public import CLIP
package import Compute
import Files
import Synchronization

/// Exact search among stored embeddings: every row is compared with the query, as fast as memory gives the rows.
///
/// ```swift
/// let images = try Embeddings(contentsOf: URL(fileURLWithPath: "photos.npy"))
/// let search = try ExactSearch(images)
/// let hits = try search.nearest(10, to: clip.embedTexts(["a dog on the beach"]).embeddings)
/// print(hits[0].map(\.row))
/// ```
///
/// Scores are cosines. Embeddings of 16-bit numbers and of bytes are read as they are, a half and a quarter of the memory; queries are
/// not rounded to bytes. With the remainders of bytes the best hits have the scores and the order of rows that were not rounded.
public final class ExactSearch: Sendable {
  /// What is searched.
  public let rows: Embeddings
  /// The inverse of each row's length; 0 for rows of zeros and for those that are not finite.
  private let inverses: [Float]
  private let pool: Mutex<ThreadPool>
  private let kernels: Kernels
  /// What is left of rows of bytes.
  private let remainders: RowRemainders?

  /// Bytes of rows that a thread compares with all queries before it goes on: they stay in its cache.
  private static let blockBytes = 128 << 10

  /// Takes embeddings, and reads all of them once for their lengths.
  ///
  /// - Parameter threads: the number of CPU threads; nil for one for each core.
  public convenience init(_ rows: Embeddings, threads: Int? = nil) {
    self.init(rows, remainders: nil, threads: threads)
  }

  package init(
    _ rows: Embeddings, remainders: RowRemainders?, threads: Int? = nil, kernels: Kernels = .best
  ) {
    self.remainders = remainders
    // Other types are rare, and are brought into memory.
    self.rows = rows.withStoredRows { type, _ in type == .float64 } ? rows.stored(as: .float32) : rows
    self.kernels = kernels
    let count = rows.count
    let pool = ThreadPool(count: max(1, threads ?? Hardware.coreCount))
    let inverses = Mutex([Float](repeating: 0, count: count))
    let dimension = rows.dimension
    let source = self.rows
    pool.split(count) { range in
      let row = UnsafeMutablePointer<Float>.allocate(capacity: max(1, dimension))
      defer { row.deallocate() }
      var own: [Float] = []
      own.reserveCapacity(range.count)
      for index in range {
        source.copyRow(index, to: row)
        let length = kernels.length(row, count: dimension)
        own.append(length > 0 && length.isFinite ? 1 / length : 0)
      }
      inverses.withLock { $0.replaceSubrange(range, with: own) }
    }
    self.inverses = inverses.withLock { $0 }
    self.pool = Mutex(pool)
  }

  /// The rows that are nearest to each query, the best first; of rows that are equally near the first comes first.
  ///
  /// - Parameters:
  ///   - count: the most hits of a query.
  ///   - queries: of any length but zero.
  ///   - isWanted: which rows count; nil for all. Any thread may call it, and only for rows that are near enough.
  /// - Throws: ``RetrievalError/otherDimension(rows:query:)``, ``RetrievalError/queryNotFinite(query:)``.
  public func nearest(
    _ count: Int, to queries: Embeddings, where isWanted: (@Sendable (Int) -> Bool)? = nil
  ) throws -> [[SearchHit]] {
    try nearest(
      count, to: (0..<queries.count).map { .embedding(Array(queries[$0])) }, where: isWanted)
  }

  /// The same with queries of any kind.
  public func nearest(
    _ count: Int, to queries: [RefinedQuery], where isWanted: (@Sendable (Int) -> Bool)? = nil
  ) throws -> [[SearchHit]] {
    let width = rows.dimension
    let prepared = try queries.enumerated().map {
      try ScanQuery(
        $1, number: $0, dimension: width,
        mayRound: count <= MarkProducts.mostHits && mostKept(for: count) < rows.count)
    }
    let found = Mutex(prepared.map { hits(among: $0, isWanted) })
    let most = prepared.map { isRescored($0) ? mostKept(for: count) : count }
    rows.withStoredRows { type, bytes in
      guard let start = bytes.baseAddress, rows.count > 0, prepared.contains(where: { $0.rows == nil })
      else { return }
      let block = max(4, Self.blockBytes / max(1, width * type.byteCount) / 4 * 4)
      pool.withLock { pool in
        pool.split(rows.count) { range in
          var best = most.map { BestHits($0) }
          let scores = UnsafeMutablePointer<Float>.allocate(capacity: 4 * block)
          defer { scores.deallocate() }
          let lanes = prepared.map { query in query.markProducts.flatMap { try? $0.lane() } }
          for first in stride(from: range.lowerBound, to: range.upperBound, by: block) {
            let here = min(block, range.upperBound - first)
            let place = start + first * width * type.byteCount
            for (number, query) in prepared.enumerated() {
              guard query.rows == nil else { continue }
              let isDone: Void? = try? lanes[number]?.scan(rows, first..<(first + here), to: scores)
              if isDone == nil {
                query.scan(place, count: here, type, kernels, to: scores, scratch: scores + block)
              }
              keep(scores, here, first, &best[number], isWanted)
            }
          }
          let own = best.map(\.sorted)
          found.withLock { found in for number in own.indices { found[number] += own[number] } }
        }
      }
    }
    let all = found.withLock { $0 }
    return prepared.indices.map { number in
      let best = rescored(all[number], by: prepared[number], most: most[number])
      return Array(best.sorted { $0.isBefore($1) }.prefix(max(0, count)))
    }
  }

  /// Whether the scores of a scan were rounded, and hits get better ones.
  private func isRescored(_ query: ScanQuery) -> Bool {
    query.rows == nil && (remainders != nil || query.markProducts != nil)
  }

  /// How many hits are kept for `count` of them: more where better scores may change their order.
  private func mostKept(for count: Int) -> Int {
    count <= 0 || count > rows.count ? count : count + min(count + 32, 1000)
  }

  /// The best of the hits with better scores.
  private func rescored(_ hits: [SearchHit], by query: ScanQuery, most: Int) -> [SearchHit] {
    guard isRescored(query) else { return hits }
    // A row that is not finite has no score.
    return hits.sorted { $0.isBefore($1) }.prefix(max(0, most)).map {
      SearchHit(row: $0.row, score: query.score(unitRow($0.row)))
    }.filter { !$0.score.isNaN }
  }

  /// The hits of a query that names its rows.
  private func hits(among query: ScanQuery, _ isWanted: (@Sendable (Int) -> Bool)?) -> [SearchHit] {
    (query.rows ?? []).filter { rows.count > $0 && inverses[$0] > 0 && isWanted?($0) != false }.map {
      SearchHit(row: $0, score: query.cosine(unitRow($0)))
    }
  }

  /// The score of each row, on the calling thread; what has no direction scores 0, and what a query does not name less than all others.
  ///
  /// - Throws: as ``nearest(_:to:where:)-(_,[RefinedQuery],_)`` does.
  package func scores(of query: RefinedQuery) throws -> [Float] {
    let prepared = try ScanQuery(query, number: 0, dimension: rows.dimension, mayRound: false)
    if prepared.rows != nil {
      var scores = [Float](repeating: -2, count: rows.count)
      for hit in hits(among: prepared, nil) { scores[hit.row] = hit.score }
      return scores
    }
    var scores = [Float](repeating: 0, count: rows.count)
    rows.withStoredRows { type, bytes in
      scores.withUnsafeMutableBufferPointer { scores in
        guard let start = bytes.baseAddress, let target = scores.baseAddress else { return }
        let rowBytes = rows.dimension * type.byteCount
        let block = max(4, Self.blockBytes / max(1, rowBytes) / 4 * 4)
        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: 3 * block)
        defer { scratch.deallocate() }
        for first in stride(from: 0, to: rows.count, by: block) {
          prepared.scan(
            start + first * rowBytes, count: min(block, rows.count - first), type, kernels,
            to: target + first, scratch: scratch)
        }
        for row in scores.indices { scores[row] *= inverses[row] }
      }
    }
    return scores
  }

  /// A row of unit length, or of zeros where it has no length.
  package func unitRow(_ row: Int) -> [Float] {
    guard let remainders, inverses.indices.contains(row), inverses[row] > 0 else {
      return rows[row].map { $0 * inverses[row] }
    }
    var numbers = Array(rows[row])
    numbers.withUnsafeMutableBufferPointer { numbers in
      guard let start = numbers.baseAddress else { return }
      remainders.add(row, to: start)
      kernels.multiply(1 / kernels.length(start, count: numbers.count), count: numbers.count, start)
    }
    return numbers
  }

  private func keep(
    _ scores: UnsafePointer<Float>, _ count: Int, _ first: Int, _ best: inout BestHits,
    _ isWanted: (@Sendable (Int) -> Bool)?
  ) {
    var bar = best.bar
    inverses.withUnsafeBufferPointer { inverses in
      for place in 0..<count {
        let score = scores[place] * inverses[first + place]
        // A row comes after those before it that are as near: it must be nearer.
        guard score > bar || (bar == -.infinity && !score.isNaN) else { continue }
        if let isWanted, !isWanted(first + place) { continue }
        best.add(SearchHit(row: first + place, score: score))
        bar = best.bar
      }
    }
  }
}
