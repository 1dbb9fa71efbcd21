import CKernels

/// f32 weights that oneDNN multiplies: where they lie in the checkpoint's file if nothing speaks against it, as a copy
/// otherwise.
struct OneDNNWeights: ProductWeights, @unchecked Sendable {
  // Unchecked: the weights are never written to after `init`, and `owner` keeps them alive.

  private let inputs: Int
  private let weights: UnsafePointer<Float>
  private let owner: any AnyObject & Sendable
  let isInPlace: Bool

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    inputs = matrix.columns
    if let floats = matrix.floatsInPlace {
      weights = floats + rows.lowerBound * inputs
      owner = matrix.owner
      isInPlace = true
    } else {
      let copy = try AlignedBuffer(byteCount: rows.count * inputs * 4)
      matrix.copyRows(rows, to: copy.bound(to: Float.self))
      weights = UnsafePointer(copy.bound(to: Float.self))
      owner = copy
      isInPlace = false
    }
  }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    let plan = try lane.plan(PlanKey(call, inputs: inputs))
    try plan.execute(
      call.source.start(ofRow: call.firstRow), weights + call.outputs.lowerBound * inputs, bias: call.bias,
      to: call.destination, scratch: try lane.scratch(plan.scratchByteCount))
  }
}

extension PlanKey {
  /// The product of f32 numbers that a call asks for.
  init(_ call: ProductCall, inputs: Int) {
    self.init(
      rows: call.rows, inputs: inputs, outputs: call.outputs.count, sourceStride: call.source.columns,
      destinationStride: call.stride, numbers: .floats, hasBias: call.bias != nil, epilogue: call.epilogue)
  }
}
