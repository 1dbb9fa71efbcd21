import CLIP
import Compute

/// What one thread needs to compare texts with a block of images.
final class RankWorker: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  let context: Context
  let operand: Operand
  let exact: ExactCosine
  /// A row a text, a column an image.
  let similarities: UnsafeMutablePointer<Float>
  /// The texts before each image's best, so far.
  let before: UnsafeMutablePointer<Int32>
  /// Between these limits f32 cannot decide.
  let low: UnsafeMutablePointer<Float>
  let high: UnsafeMutablePointer<Float>
  private let above: UnsafeMutablePointer<Int32>
  private let reaching: UnsafeMutablePointer<Int32>
  private let storage: [AlignedBuffer]
  private var width = 0

  init(dimension: Int, blockWidth: Int, blockHeight: Int) throws {
    context = try Context(pool: ThreadPool(count: 1))
    operand = try Operand(rows: blockHeight, columns: dimension, precision: .float32)
    exact = ExactCosine(dimension: dimension)
    let matrix = try AlignedBuffer(byteCount: blockWidth * blockHeight * 4)
    let lines = try (0..<5).map { _ in try AlignedBuffer(byteCount: blockWidth * 4) }
    similarities = matrix.bound(to: Float.self)
    before = lines[0].bound(to: Int32.self)
    low = lines[1].bound(to: Float.self)
    high = lines[2].bound(to: Float.self)
    above = lines[3].bound(to: Int32.self)
    reaching = lines[4].bound(to: Int32.self)
    storage = [matrix] + lines
  }

  deinit { exact.deallocate() }

  /// What a cosine in f32 may be off by: the rounding of both rows, of the products and of their sum
  /// (Higham, "Accuracy and Stability of Numerical Algorithms", 3.1), and of the limits themselves.
  static func margin(dimension: Int) -> Float { Float(dimension + 12) * 0x1p-24 }

  /// Begins a block.
  func start(width: Int) {
    self.width = width
    before.update(repeating: 0, count: width)
  }

  /// Begins some texts.
  func setLimits(_ targets: ArraySlice<Double>, margin: Float) {
    for (column, target) in targets.enumerated() {
      let target = Float(target)
      low[column] = target - margin
      high[column] = target + margin
    }
    above.update(repeating: 0, count: width)
    reaching.update(repeating: 0, count: width)
  }

  /// Counts the similarities of a text that are certainly higher than `high`, and those that reach `low`; and the same for
  /// every image and its own limits.
  func tally(row: Int, width: Int, low lowest: Float, high highest: Float) -> (above: Int, reaching: Int) {
    let line = similarities + row * width
    let (low, high, above, reaching) = (low, high, above, reaching)
    var (rowAbove, rowReaching): (Int32, Int32) = (0, 0)
    for column in 0..<width {
      let similarity = line[column]
      rowAbove &+= similarity > highest ? 1 : 0
      rowReaching &+= similarity >= lowest ? 1 : 0
      above[column] &+= similarity > high[column] ? 1 : 0
      reaching[column] &+= similarity >= low[column] ? 1 : 0
    }
    return (Int(rowAbove), Int(rowReaching))
  }

  /// Takes an image's count over, and tells whether f32 has left something open.
  func hasUndecided(_ column: Int) -> Bool {
    before[column] &+= above[column]
    return reaching[column] > above[column]
  }
}
