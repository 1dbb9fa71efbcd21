import CLIP
import Compute
import Files

/// A query as a scan needs it.
struct ScanQuery: Sendable {
  private let query: ScanVector
  private let good: [ScanVector]
  private let bad: [ScanVector]
  private let isNearest: Bool
  /// The rows that count, where it is not all.
  let rows: [Int]?
  /// Products with all marks at once, where there are enough of them and hits get an exact score afterwards.
  let markProducts: MarkProducts?

  /// - Parameter mayRound: whether the scores of a scan may be rounded, since hits get an exact one afterwards.
  /// - Throws: ``RetrievalError/queryNotFinite(query:)``, ``RetrievalError/otherDimension(rows:query:)``, `ComputeError`.
  init(_ query: RefinedQuery, number: Int, dimension: Int, mayRound: Bool) throws {
    func vector(_ values: [Float]) throws -> ScanVector {
      guard values.count == dimension else {
        throw RetrievalError.otherDimension(rows: dimension, query: values.count)
      }
      return try ScanVector(values, number: number)
    }
    switch query {
    case .embedding(let values):
      self.query = try vector(values)
      (good, bad, isNearest, rows, markProducts) = ([], [], false, nil, nil)
    case .among(let rows, let values):
      self.query = try vector(values)
      (good, bad, isNearest, self.rows, markProducts) = ([], [], false, rows, nil)
    case .nearest(let values, let good, let bad):
      self.query = try vector(values)
      self.good = try good.map(vector)
      self.bad = try bad.map(vector)
      (isNearest, rows) = (true, nil)
      markProducts =
        mayRound && good.count + bad.count >= MarkProducts.fewest && dimension.isMultiple(of: 8)
        ? try MarkProducts(
          query: self.query.unit, good: self.good.map(\.unit), bad: self.bad.map(\.unit)) : nil
    }
  }

  /// The cosine of the query's embedding with a vector of unit length.
  func cosine(_ unit: [Float]) -> Float { query.product(unit) }

  /// The score of a vector of unit length.
  func score(_ unit: [Float]) -> Float {
    guard isNearest else { return cosine(unit) }
    return RefinedQuery.score(
      query: cosine(unit), best: good.map { $0.product(unit) }.max() ?? 0,
      worst: bad.map { $0.product(unit) }.max() ?? 0)
  }

  /// Writes the scores of some rows, but for the length of each row.
  ///
  /// - Parameter scratch: three times as many numbers as there are rows.
  func scan(
    _ rows: UnsafeRawPointer, count: Int, _ type: NumPyType, _ kernels: Kernels,
    to scores: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    query.scan(rows, count: count, type, kernels, to: scores)
    guard isNearest else { return }
    let (best, worst, one) = (scratch, scratch + count, scratch + 2 * count)
    for (marks, most) in [(good, best), (bad, worst)] {
      most.update(repeating: marks.isEmpty ? 0 : -.infinity, count: count)
      for mark in marks {
        mark.scan(rows, count: count, type, kernels, to: one)
        for place in 0..<count { most[place] = max(most[place], one[place]) }
      }
    }
    for place in 0..<count {
      scores[place] = RefinedQuery.score(query: scores[place], best: best[place], worst: worst[place])
    }
  }
}

/// A vector of unit length, as each kind of row needs it.
private struct ScanVector: Sendable {
  private let numbers: Numbers
  private let bytes: ByteQuery
  private let width: Int

  /// Numbers that stay where they are.
  final class Numbers: @unchecked Sendable {
    // Unchecked: written to in `init` alone.
    let start: UnsafeMutablePointer<Float>

    init(_ values: [Float]) {
      start = .allocate(capacity: max(1, values.count))
      start.initialize(from: values, count: values.count)
    }

    deinit { start.deallocate() }
  }

  init(_ values: [Float], number: Int) throws {
    let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard squares.isFinite else { throw RetrievalError.queryNotFinite(query: number) }
    let inverse = squares > 0 ? 1 / squares.squareRoot() : 0
    let unit = values.map { Float(Double($0) * inverse) }
    width = unit.count
    numbers = Numbers(unit)
    bytes = try unit.withUnsafeBufferPointer { try ByteQuery($0) }
  }

  /// The numbers.
  var unit: [Float] { Array(UnsafeBufferPointer(start: numbers.start, count: width)) }

  func product(_ other: [Float]) -> Float {
    other.withUnsafeBufferPointer { other in
      guard let start = other.baseAddress, other.count == width else { return 0 }
      return FloatVector.dot(numbers.start, start, width)
    }
  }

  func scan(
    _ rows: UnsafeRawPointer, count: Int, _ type: NumPyType, _ kernels: Kernels,
    to scores: UnsafeMutablePointer<Float>
  ) {
    switch type {
    case .int8:
      kernels.scan(bytes: rows.assumingMemoryBound(to: Int8.self), count: count, by: bytes, to: scores)
    case .float16:
      kernels.scan(
        halves: rows.assumingMemoryBound(to: UInt16.self), count: count, by: numbers.start, width: width,
        to: scores)
    case .float32, .float64:
      kernels.scan(
        floats: rows.assumingMemoryBound(to: Float.self), count: count, by: numbers.start, width: width,
        to: scores)
    }
  }
}
