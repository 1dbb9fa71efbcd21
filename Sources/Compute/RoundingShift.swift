import CKernels

extension Matrix {
  /// By how much rounding the weights to bytes moves each output on average, for inputs of known means: `Σ (ŵ − w) · mean`.
  ///
  /// Rounding errors of weights are the same for every input: where inputs are not zero on average, as behind ReLU, part of
  /// them is a constant that the bias can take away (Nagel et al., *Data-Free Quantization*, 2019). Zeros for the other
  /// precisions.
  package func roundingShift(means: [Float], precision: Precision, packing: Packing) throws -> [Float] {
    var shifts = [Float](repeating: 0, count: rows)
    guard precision == .int8, means.count == columns else { return shifts }
    let kernels = Kernels.best.table.pointee
    let isOwn = ProductBackend.best(precision, packing, inputs: columns) == .own
    let line = try AlignedBuffer(byteCount: columns * 4)
    let bytes = try AlignedBuffer(byteCount: columns)
    let (weights, rounded) = (line.bound(to: Float.self), bytes.bound(to: Int8.self))
    for row in 0..<rows {
      copyRows(row..<(row + 1), to: weights)
      var total: Int32 = 0
      let scale = kernels.quantize_weights(
        weights, columns, isOwn ? kernels.byte_group : 0, rounded, &total)
      var shift = 0.0
      for column in 0..<columns {
        shift += Double((scale * Float(rounded[column]) - weights[column]) * means[column])
      }
      shifts[row] = shift.isFinite ? Float(shift) : 0
    }
    return shifts
  }
}
