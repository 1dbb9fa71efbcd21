import Compute

/// Products of matrices that are held as arrays, row after row.
struct MatrixProduct {
  private let context: Context

  /// - Throws: `ComputeError`.
  init(threads: Int? = nil) throws { context = try Context(threads: max(1, threads ?? Hardware.coreCount)) }

  /// `a · bᵀ` for `a` of `rows × inner` and `b` of `columns × inner` numbers. Throws `ComputeError`.
  func timesTransposed(
    _ a: [Float], _ b: [Float], rows: Int, columns: Int, inner: Int
  ) throws -> [Float] {
    let layer = try Linear(matrices: [Matrix(copying: b, columns: inner)], precision: .float32)
    let operand = try Operand(rows: rows, columns: inner, precision: .float32)
    operand.floats.update(from: a, count: rows * inner)
    operand.seal(rows: rows, context: context)
    var product = [Float](repeating: 0, count: rows * columns)
    try product.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      try layer.apply(operand, rows: rows, to: start, stride: columns, context: context)
    }
    return product
  }
}
