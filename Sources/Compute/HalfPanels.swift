import CKernels

/// bf16 weights packed for our own product, on CPUs that multiply such numbers.
struct HalfPanels: ProductWeights {
  private let panels: AlignedBuffer
  /// Pairs of inputs: what the product takes at once, 4 bytes as an f32 has.
  private let pairs: Int
  private let allOutputs: Int

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    pairs = matrix.columns / 2
    allOutputs = rows.count
    panels = try AlignedBuffer(byteCount: plumb_float_panels_count(allOutputs, pairs) * 4)
    let target = panels.bound(to: Float.self)
    let some = Int(PLUMB_FLOAT_PANEL)
    for first in stride(from: 0, to: allOutputs, by: some) {
      let count = min(some, allOutputs - first)
      let row = rows.lowerBound + first
      let lines = try matrix.roundedToBFloat16(row..<(row + count))
      plumb_float_panels_pack(lines.bound(to: Float.self), first, count, allOutputs, pairs, target)
    }
  }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    var product = plumb_float_product(
      source: call.source.start(ofRow: call.firstRow).assumingMemoryBound(to: Float.self),
      source_stride: call.source.columns / 2, row_count: call.rows, inputs: pairs,
      panels: panels.bound(to: Float.self), all_outputs: allOutputs, first_output: call.outputs.lowerBound,
      outputs: call.outputs.count, bias: call.bias, destination: call.destination,
      destination_stride: call.stride, epilogue: call.epilogue.kernelCode, bytes: nil)
    Kernels.best.table.pointee.half_product(&product)
  }
}
