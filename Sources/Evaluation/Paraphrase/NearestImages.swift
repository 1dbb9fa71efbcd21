public import CLIP
import Compute
import Synchronization

/// Finds the first k images of each text.
///
/// ```swift
/// let rankings = try NearestImages(count: 10).rankings(of: texts, among: images)
/// print(rankings[0])  // the rows of the ten images nearest to the first text, the best first
/// ```
///
/// The order is that of the cosines in double precision, whatever the processor and the number of threads; of images
/// with the same cosine, the one with the lower row stands first. The matrix of all similarities is never held: a block of
/// it is computed in f32, and what may belong to the first k is computed again in double precision.
public struct NearestImages: Sendable {
  /// How many images a ranking has: k.
  public var count: Int
  /// The threads that work; nil for all CPU cores.
  public var threads: Int?
  /// Images in a block of similarities.
  package var blockWidth = 2048
  /// Texts in a block.
  package var blockHeight = 128

  /// Creates a search.
  public init(count: Int = 10, threads: Int? = nil) {
    self.count = count
    self.threads = threads
  }

  /// The first ``count`` images of each text, the best first.
  ///
  /// - Parameter rows: the rows that are images; nil for all. A ranking holds places among them.
  /// - Throws: ``EvaluationError``, or `ComputeError` when memory runs out.
  public func rankings(
    of texts: Embeddings, among images: Embeddings, rows: [Int]? = nil,
    progress: RetrievalEvaluation.Progress? = nil
  ) throws -> [[Int]] {
    try nearest(to: texts, among: images, rows: rows, depth: count, progress: progress).rankings(count)
  }

  /// The same, with the rank of each text's own image as far as `upTo`: an image further down is at a higher rank,
  /// whichever. What scores as high stands before it, as in ``RetrievalEvaluation``.
  func rankingsAndRanks(
    of texts: Embeddings, among images: Embeddings, pairs: RetrievalPairs, upTo: Int,
    progress: RetrievalEvaluation.Progress? = nil
  ) throws -> (rankings: [[Int]], ranks: [Int]) {
    guard texts.count == pairs.imageOfText.count,
      pairs.imageOfText.allSatisfy(pairs.imageRows.indices.contains)
    else {
      throw EvaluationError.pairsDoNotFit(
        pairs: pairs.imageOfText.count, images: images.count, texts: texts.count)
    }
    // With one more than is asked for, the images that are as near as an image at that rank are all there.
    let found = try nearest(
      to: texts, among: images, rows: pairs.imageRows, depth: max(count, upTo + 1), progress: progress)
    return (found.rankings(count), found.ranks(of: pairs.imageOfText))
  }

  private func nearest(
    to texts: Embeddings, among images: Embeddings, rows: [Int]?, depth: Int,
    progress: RetrievalEvaluation.Progress?
  ) throws -> NearestSearch.Found {
    guard images.dimension == texts.dimension else {
      throw EvaluationError.widthsDiffer(
        first: images.name, firstWidth: images.dimension, second: texts.name, secondWidth: texts.dimension)
    }
    let imageCount = rows?.count ?? images.count
    guard imageCount > 0, images.dimension > 0 else { throw EmbeddingError.noRows(name: images.name) }
    if let stranger = rows?.first(where: { !(0..<images.count).contains($0) }) {
      throw EmbeddingError.noSuchRow(name: images.name, row: stranger)
    }
    guard texts.count > 0 else { throw EmbeddingError.noRows(name: texts.name) }
    guard count > 0, count <= imageCount else {
      throw EvaluationError.wrongDepth(count: count, images: imageCount)
    }
    let pool = ThreadPool(count: max(1, threads ?? Hardware.coreCount))
    let search = NearestSearch(
      images: try UnitEmbeddings(images, rows: rows, pool: pool),
      texts: try UnitEmbeddings(texts, rows: nil, pool: pool),
      pool: pool, depth: min(depth, imageCount))
    return try search.run(
      blockWidth: max(1, blockWidth), blockHeight: max(1, blockHeight), progress: progress)
  }
}

/// The walk over the similarities.
private struct NearestSearch: Sendable {
  let images: UnitEmbeddings
  let texts: UnitEmbeddings
  let pool: ThreadPool
  let depth: Int

  /// The nearest images of each text, `depth` of them one after the other, and how near they are.
  struct Found {
    let search: NearestSearch
    let cosines: [Double]
    let rows: [Int]

    func rankings(_ count: Int) -> [[Int]] {
      (0..<search.texts.count).map { text in
        let start = text * search.depth
        return Array(rows[start..<start + min(count, search.depth)])
      }
    }

    func ranks(of images: [Int]) -> [Int] {
      let exact = ExactCosine(dimension: search.images.dimension)
      defer { exact.deallocate() }
      return images.enumerated().map { text, own in
        let target = search.texts.cosine(text, search.images, own, exact)
        let places = text * search.depth..<(text + 1) * search.depth
        return 1 + places.count { cosines[$0] >= target && rows[$0] != own }
      }
    }
  }

  func run(blockWidth: Int, blockHeight: Int, progress: RetrievalEvaluation.Progress?) throws -> Found {
    var cosines = [Double](repeating: 0, count: texts.count * depth)
    var rows = [Int](repeating: 0, count: texts.count * depth)
    let blocks = stride(from: 0, to: images.count, by: blockWidth).map {
      $0..<min($0 + blockWidth, images.count)
    }
    let workers = try (0..<pool.count).map { _ in
      try RankWorker(dimension: images.dimension, blockWidth: blockWidth, blockHeight: blockHeight)
    }
    let block = try AlignedBuffer(byteCount: min(blockWidth, images.count) * images.dimension * 4)
    let failures = FirstError()
    let done = Atomic<Int>(0)
    try cosines.withUnsafeMutableBufferPointer { cosines in
      try rows.withUnsafeMutableBufferPointer { rows in
        let found = (cosines: SendableBuffer(cosines), rows: SendableBuffer(rows))
        // A block after the other, so that of equal cosines the lower row comes first.
        for columns in blocks {
          let layer = try images.layer(of: columns, in: block, pool: pool)
          let next = Atomic<Int>(0)
          pool.run { member in
            while !failures.isSet {
              let first = next.add(blockHeight, ordering: .relaxed).oldValue
              guard first < texts.count else { return }
              let part = first..<min(first + blockHeight, texts.count)
              do {
                try search(part, columns, layer, workers[member], found.cosines.buffer, found.rows.buffer)
              } catch { failures.note(error) }
              let total = done.add(part.count, ordering: .relaxed).newValue
              progress?(total / blocks.count, texts.count)
            }
          }
          try failures.check()
        }
      }
    }
    return Found(search: self, cosines: cosines, rows: rows)
  }

  /// Takes the images of a block into the rankings of some texts.
  private func search(
    _ part: Range<Int>, _ columns: Range<Int>, _ layer: Linear, _ worker: RankWorker,
    _ cosines: UnsafeMutableBufferPointer<Double>, _ rows: UnsafeMutableBufferPointer<Int>
  ) throws {
    for (offset, text) in part.enumerated() {
      texts.copyUnit(text, to: worker.operand.floats + offset * texts.dimension)
    }
    worker.operand.seal(0..<part.count)
    let width = columns.count
    try layer.apply(
      worker.operand, rows: part.count, to: worker.similarities, stride: width, context: worker.context)
    for (offset, text) in part.enumerated() {
      let line = worker.similarities + offset * width
      let places = text * depth..<(text + 1) * depth
      var ranking = Ranking(
        cosines: UnsafeMutableBufferPointer(rebasing: cosines[places]),
        rows: UnsafeMutableBufferPointer(rebasing: rows[places]), filled: min(depth, columns.lowerBound))
      var limit = ranking.limit(dimension: images.dimension)
      for column in 0..<width where line[column] >= limit {
        let image = columns.lowerBound + column
        ranking.take(image, texts.cosine(text, images, image, worker.exact))
        limit = ranking.limit(dimension: images.dimension)
      }
    }
  }
}

/// The best images of a text so far.
private struct Ranking {
  let cosines: UnsafeMutableBufferPointer<Double>
  let rows: UnsafeMutableBufferPointer<Int>
  var filled: Int

  /// The similarity in f32 below which an image is certainly none of the best.
  func limit(dimension: Int) -> Float {
    guard filled == rows.count, let worst = cosines.last else { return -.infinity }
    return Float(worst) - RankWorker.margin(dimension: dimension)
  }

  /// Takes an image in, if it is one of the best; those before it in the order of rows have been offered before.
  mutating func take(_ row: Int, _ cosine: Double) {
    var place = filled
    while place > 0, cosines[place - 1] < cosine { place -= 1 }
    guard place < rows.count else { return }
    var last = min(filled, rows.count - 1)
    while last > place {
      cosines[last] = cosines[last - 1]
      rows[last] = rows[last - 1]
      last -= 1
    }
    cosines[place] = cosine
    rows[place] = row
    filled = min(filled + 1, rows.count)
  }
}
