import CKernels

/// bf16 weights for processors that cannot multiply such numbers: widened to f32 as they are used, a block at a time, so
/// that memory holds half as much and the block is still in the cache when it is multiplied.
struct WidenedWeights: ProductWeights {
  private let inputs: Int
  private let halves: AlignedBuffer
  /// Outputs in a block: half a megabyte of f32.
  private let block: Int

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    inputs = matrix.columns
    halves = try matrix.roundedToBFloat16(rows)
    block = max(16, (512 * 1024 / (4 * max(1, inputs))) / 16 * 16)
  }

  var isDivisible: Bool { true }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    let source = call.source.start(ofRow: call.firstRow)
    let weights = halves.bound(to: UInt16.self) + call.outputs.lowerBound * inputs
    for first in stride(from: 0, to: call.outputs.count, by: block) {
      let count = min(block, call.outputs.count - first)
      let key = PlanKey(
        rows: call.rows, inputs: inputs, outputs: count, sourceStride: call.source.columns,
        destinationStride: call.stride, source: .float32, weights: .float32, destination: .float32,
        hasBias: call.bias != nil, epilogue: call.epilogue, isPacked: false)
      let plan = try lane.plan(key, layout: WeightLayout(key))
      let size = block * inputs * 4
      let scratch = try lane.scratch(size + plan.scratchByteCount)
      Kernels.best.table.pointee.widen_bf16(
        weights + first * inputs, count * inputs, scratch.assumingMemoryBound(to: Float.self))
      try plan.execute(
        source, scratch, bias: call.bias.map { $0 + first }, to: call.destination + first,
        scratch: scratch + size)
    }
  }
}
