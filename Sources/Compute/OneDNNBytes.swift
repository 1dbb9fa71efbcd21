import CKernels

/// Byte weights that oneDNN multiplies to 32-bit sums; ours is what turns the sums into numbers.
struct OneDNNBytes: ProductWeights {
  private let inputs: Int
  private let weights: AlignedBuffer
  private let quantized: QuantizedMatrix.Scales

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    inputs = matrix.columns
    let whole = try QuantizedMatrix(matrix, rows)
    weights = whole.bytes
    quantized = whole.scales
  }

  /// Multiplies in blocks of rows, so that the sums are still in the cache when they are scaled.
  func multiply(_ call: ProductCall, lane: Lane) throws {
    guard let rowScales = call.source.scales else { return }
    let count = call.outputs.count
    let first = call.outputs.lowerBound
    let block = 96
    for row in stride(from: 0, to: call.rows, by: block) {
      let key = PlanKey(
        rows: min(block, call.rows - row), inputs: inputs, outputs: count, sourceStride: call.source.columns,
        destinationStride: count, numbers: .bytes, hasBias: false, epilogue: .store)
      let plan = try lane.plan(key)
      let sumBytes = block * count * 4
      let lineBytes = (count * 4 + 63) / 64 * 64
      let scratch = try lane.scratch(sumBytes + lineBytes + plan.scratchByteCount)
      try plan.execute(
        call.source.start(ofRow: call.firstRow + row), weights.start + first * inputs,
        bias: nil, to: scratch, scratch: scratch + sumBytes + lineBytes)
      let line = (scratch + sumBytes).assumingMemoryBound(to: Float.self)
      for index in 0..<key.rows {
        finish(
          scratch.assumingMemoryBound(to: Int32.self) + index * count, rowScales[call.firstRow + row + index],
          call,
          row: row + index, line: line)
      }
    }
  }

  /// Scales the sums of one row and does what follows the product.
  private func finish(
    _ sums: UnsafePointer<Int32>, _ scale: plumb_row_scale, _ call: ProductCall, row: Int,
    line: UnsafeMutablePointer<Float>
  ) {
    let kernels = Kernels.best.table.pointee
    let first = call.outputs.lowerBound
    let count = call.outputs.count
    let to = call.destination + row * call.stride
    kernels.dequantize(
      sums, scale, quantized.sums + first, quantized.scales + first, call.bias, count,
      call.epilogue == .add ? line : to)
    switch call.epilogue {
    case .store: break
    case .add: kernels.add(line, count, to)
    case .quickGELU: kernels.quick_gelu(to, count)
    case .gelu: kernels.gelu(to, count)
    case .relu6: kernels.relu6(to, count)
    }
  }
}
