import CKernels

/// f32 or bf16 weights that oneDNN multiplies: plain f32 where they lie in the checkpoint's file, others as a copy.
struct OneDNNWeights: ProductWeights, @unchecked Sendable {
  // Unchecked: the weights are never written to after `init`, and `owner` keeps them alive.

  private let inputs: Int
  private let outputs: Int
  private let format: NumberFormat
  private let layout: WeightLayout
  private let weights: UnsafeRawPointer
  private let owner: AnyObject & Sendable
  let isInPlace: Bool

  /// f32 weights, read in place where nothing speaks against it.
  init(floats matrix: Matrix, _ rows: Range<Int>, isPacked: Bool) throws {
    if let floats = matrix.floatsInPlace {
      try self.init(
        .float32, matrix, rows, plain: floats + rows.lowerBound * matrix.columns, owner: matrix.owner,
        isPacked: isPacked)
    } else {
      let copy = try AlignedBuffer(byteCount: rows.count * matrix.columns * 4)
      matrix.copyRows(rows, to: copy.bound(to: Float.self))
      try self.init(.float32, matrix, rows, plain: copy.start, owner: copy, isPacked: isPacked)
    }
  }

  /// Weights rounded to bf16.
  init(halves matrix: Matrix, _ rows: Range<Int>, isPacked: Bool) throws {
    let copy = try matrix.roundedToBFloat16(rows)
    try self.init(.bfloat16, matrix, rows, plain: copy.start, owner: copy, isPacked: isPacked)
  }

  private init(
    _ format: NumberFormat, _ matrix: Matrix, _ rows: Range<Int>, plain: UnsafeRawPointer,
    owner: AnyObject & Sendable, isPacked: Bool
  ) throws {
    inputs = matrix.columns
    outputs = rows.count
    self.format = format
    layout = try WeightLayout(
      PlanKey(
        rows: 256, inputs: inputs, outputs: outputs, sourceStride: inputs, destinationStride: outputs,
        source: format,
        weights: format, destination: .float32, hasBias: false, epilogue: .store,
        isPacked: isPacked))
    if layout.isPacked {
      let packed = try layout.pack(plain)
      weights = UnsafeRawPointer(packed.start)
      self.owner = packed
      isInPlace = false
    } else {
      weights = plain
      self.owner = owner
      isInPlace = owner === matrix.owner
    }
  }

  var isDivisible: Bool { !layout.isPacked }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    let key = PlanKey(
      rows: call.rows, inputs: inputs, outputs: call.outputs.count, sourceStride: call.source.columns,
      destinationStride: call.stride, source: format, weights: format, destination: .float32,
      hasBias: call.bias != nil, epilogue: call.epilogue, isPacked: layout.isPacked)
    // Some rows of plain weights have a layout of their own.
    let plan = try lane.plan(key, layout: key.outputs == outputs ? layout : WeightLayout(key))
    let first = layout.isPacked ? 0 : call.outputs.lowerBound * inputs * format.byteCount
    try plan.execute(
      call.source.start(ofRow: call.firstRow), weights + first, bias: call.bias, to: call.destination,
      scratch: try lane.scratch(plan.scratchByteCount))
  }
}
