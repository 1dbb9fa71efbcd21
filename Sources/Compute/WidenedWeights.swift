import CKernels

/// bf16 weights for processors that cannot multiply such numbers: widened to f32 as they are used, some outputs at a time,
/// so that memory holds half as much and what was widened is still in the cache when it is multiplied.
struct WidenedWeights: ProductWeights {
  private let inputs: Int
  private let allOutputs: Int
  private let halves: AlignedBuffer
  /// Whether the weights lie in the panels of our own product; row by row otherwise.
  private let isInPanels: Bool
  /// Outputs that are widened together: half a megabyte of f32, in whole panels.
  private let block: Int

  init(_ matrix: Matrix, _ rows: Range<Int>, isInPanels: Bool) throws {
    inputs = matrix.columns
    allOutputs = rows.count
    self.isInPanels = isInPanels
    block = max(16, (512 * 1024 / (4 * max(1, inputs))) / 16 * 16)
    if isInPanels {
      let panels = try FloatPanels(matrix, rows)
      halves = try AlignedBuffer(byteCount: panels.count * 2)
      Kernels.best.table.pointee.narrow_bf16(panels.numbers, panels.count, halves.bound(to: UInt16.self))
    } else {
      halves = try matrix.roundedToBFloat16(rows)
    }
  }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    for first in stride(from: call.outputs.lowerBound, to: call.outputs.upperBound, by: block) {
      var part = call
      let done = first - call.outputs.lowerBound
      part.outputs = first..<min(first + block, call.outputs.upperBound)
      part.bias = call.bias.map { $0 + done }
      part.destination = call.destination + done
      if isInPanels {
        try multiplyPanels(part, lane)
      } else {
        try multiplyRows(part, lane)
      }
    }
  }

  private func multiplyPanels(_ call: ProductCall, _ lane: Lane) throws {
    let panel = Int(PLUMB_FLOAT_PANEL)
    let padded = call.outputs.count.roundedUp(toMultipleOf: panel)
    let allPadded = allOutputs.roundedUp(toMultipleOf: panel)
    let scratch = try lane.scratch(padded * inputs * 4).assumingMemoryBound(to: Float.self)
    // A run of panels for each piece of the inputs; see `plumb_float_panels_pack`.
    for input in stride(from: 0, to: inputs, by: Int(PLUMB_FLOAT_DEPTH)) {
      let depth = min(Int(PLUMB_FLOAT_DEPTH), inputs - input)
      Kernels.best.table.pointee.widen_bf16(
        halves.bound(to: UInt16.self) + input * allPadded + call.outputs.lowerBound * depth, padded * depth,
        scratch + input * padded)
    }
    FloatPanels.multiply(call, inputs: inputs, panels: scratch, allOutputs: padded, firstOutput: 0)
  }

  private func multiplyRows(_ call: ProductCall, _ lane: Lane) throws {
    let plan = try lane.plan(PlanKey(call, inputs: inputs))
    let size = (call.outputs.count * inputs * 4 + 63) / 64 * 64
    let scratch = try lane.scratch(size + plan.scratchByteCount)
    Kernels.best.table.pointee.widen_bf16(
      halves.bound(to: UInt16.self) + call.outputs.lowerBound * inputs, call.outputs.count * inputs,
      scratch.assumingMemoryBound(to: Float.self))
    try plan.execute(
      call.source.start(ofRow: call.firstRow), scratch, bias: call.bias, to: call.destination,
      scratch: scratch + size)
  }
}
