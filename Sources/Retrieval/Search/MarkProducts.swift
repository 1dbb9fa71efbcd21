import CLIP
import Compute

/// Products of rows with a query and with marked images, all at once and rounded to bytes: a fraction of the time that one mark after
/// the other takes, near enough to tell which rows are worth an exact score.
package struct MarkProducts: Sendable {
  private let layer: Linear
  private let width: Int
  private let good: Int
  private let bad: Int

  /// The fewest marks that are faster this way.
  static let fewest = 8
  /// The most hits for which this is of use: each of them is compared with all marks once more.
  package static let mostHits = 512

  /// - Parameters:
  ///   - query: of unit length, as the marks are.
  /// - Throws: `ComputeError`.
  init(query: [Float], good: [[Float]], bad: [[Float]]) throws {
    width = query.count
    (self.good, self.bad) = (good.count, bad.count)
    let vectors = ([query] + good + bad).flatMap(\.self)
    layer = try Linear(matrices: [Matrix(copying: vectors, columns: width)], precision: .int8)
  }

  /// What a thread needs to compute scores.
  ///
  /// - Throws: `ComputeError`.
  func lane() throws -> Lane { try Lane(self) }

  /// The memory of one thread.
  final class Lane {
    private let products: MarkProducts
    private let operand: Operand
    private let context: Context
    private let results: AlignedBuffer

    /// Rows that are multiplied together: few enough to stay in the nearest cache.
    private static let step = 16

    init(_ products: MarkProducts) throws {
      self.products = products
      operand = try Operand(rows: Self.step, columns: products.width, precision: .int8)
      context = try Context(threads: 1)
      results = try AlignedBuffer(byteCount: Self.step * products.layer.outputs * 4)
    }

    /// Writes the scores of some rows, but for the length of each row.
    func scan(_ rows: Embeddings, _ some: Range<Int>, to scores: UnsafeMutablePointer<Float>) throws {
      let outputs = products.layer.outputs
      let numbers = results.bound(to: Float.self)
      for first in stride(from: some.lowerBound, to: some.upperBound, by: Self.step) {
        let here = first..<min(some.upperBound, first + Self.step)
        rows.copyRows(here, to: operand.floats)
        operand.seal(0..<here.count)
        try products.layer.apply(
          operand, rows: here.count, to: numbers, stride: outputs, context: context, member: 0)
        for (place, row) in here.enumerated() {
          let cosines = numbers + place * outputs
          scores[row - some.lowerBound] = RefinedQuery.score(
            query: cosines[0], best: Self.most(cosines + 1, products.good),
            worst: Self.most(cosines + 1 + products.good, products.bad))
        }
      }
    }

    /// The largest of some numbers; 0 of none.
    private static func most(_ numbers: UnsafePointer<Float>, _ count: Int) -> Float {
      count > 0 ? Kernels.best.largest(numbers, count: count) : 0
    }
  }
}
