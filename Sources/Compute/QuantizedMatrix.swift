import CKernels

/// Weights rounded to bytes, with a scale for each output: the largest magnitude of its row becomes 127, or less where
/// a limit for groups of four asks for it.
struct QuantizedMatrix {
  /// (outputs, inputs)
  let bytes: AlignedBuffer
  /// What turns sums of products back into numbers.
  let scales: Scales

  /// A scale for each output, and the sum of its bytes, which takes out the zero of the other side.
  struct Scales: Sendable {
    private let scaleBuffer: AlignedBuffer
    private let sumBuffer: AlignedBuffer

    init(outputs: Int) throws {
      scaleBuffer = try AlignedBuffer(byteCount: outputs * 4)
      sumBuffer = try AlignedBuffer(byteCount: outputs * 4)
    }

    var scales: UnsafeMutablePointer<Float> { scaleBuffer.bound(to: Float.self) }
    var sums: UnsafeMutablePointer<Int32> { sumBuffer.bound(to: Int32.self) }
  }

  init(_ matrix: Matrix, _ rows: Range<Int>, groupLimit: Int32 = 0) throws {
    let inputs = matrix.columns
    bytes = try AlignedBuffer(byteCount: rows.count * inputs)
    scales = try Scales(outputs: rows.count)
    let line = try AlignedBuffer(byteCount: inputs * 4)
    for (index, row) in rows.enumerated() {
      matrix.copyRows(row..<(row + 1), to: line.bound(to: Float.self))
      scales.scales[index] = Kernels.best.table.pointee.quantize_weights(
        line.bound(to: Float.self), inputs, groupLimit, bytes.bound(to: Int8.self) + index * inputs,
        scales.sums + index)
    }
  }
}

extension Matrix {
  /// A copy of some rows, rounded to bf16.
  func roundedToBFloat16(_ rows: Range<Int>) throws -> AlignedBuffer {
    let copy = try AlignedBuffer(byteCount: rows.count * columns * 2)
    let line = try AlignedBuffer(byteCount: columns * 4)
    for (index, row) in rows.enumerated() {
      copyRows(row..<(row + 1), to: line.bound(to: Float.self))
      Kernels.best.table.pointee.narrow_bf16(
        line.bound(to: Float.self), columns, copy.bound(to: UInt16.self) + index * columns)
    }
    return copy
  }
}
