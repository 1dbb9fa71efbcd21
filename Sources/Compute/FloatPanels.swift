import CKernels

/// f32 weights packed for our own product.
struct FloatPanels: ProductWeights {
  private let panels: AlignedBuffer
  private let inputs: Int
  private let allOutputs: Int

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    inputs = matrix.columns
    allOutputs = rows.count
    panels = try AlignedBuffer(byteCount: plumb_float_panels_count(allOutputs, inputs) * 4)
    let target = panels.bound(to: Float.self)
    if let floats = matrix.floatsInPlace {
      plumb_float_panels_pack(
        floats + rows.lowerBound * inputs, 0, allOutputs, allOutputs, inputs, target)
      return
    }
    let some = Int(PLUMB_FLOAT_PANEL)
    let lines = try AlignedBuffer(byteCount: some * inputs * 4)
    for first in stride(from: 0, to: allOutputs, by: some) {
      let count = min(some, allOutputs - first)
      let row = rows.lowerBound + first
      matrix.copyRows(row..<(row + count), to: lines.bound(to: Float.self))
      plumb_float_panels_pack(lines.bound(to: Float.self), first, count, allOutputs, inputs, target)
    }
  }

  /// The floats, whole panels counted.
  var count: Int { plumb_float_panels_count(allOutputs, inputs) }
  /// The panels.
  var numbers: UnsafePointer<Float> { UnsafePointer(panels.bound(to: Float.self)) }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    Self.multiply(
      call, inputs: inputs, panels: numbers, allOutputs: allOutputs, firstOutput: call.outputs.lowerBound)
  }

  /// The product with panels of `allOutputs` outputs, from one of them on.
  static func multiply(
    _ call: ProductCall, inputs: Int, panels: UnsafePointer<Float>, allOutputs: Int, firstOutput: Int
  ) {
    var product = plumb_float_product(
      source: call.source.start(ofRow: call.firstRow).assumingMemoryBound(to: Float.self),
      source_stride: call.source.columns, row_count: call.rows, inputs: inputs, panels: panels,
      all_outputs: allOutputs, first_output: firstOutput, outputs: call.outputs.count, bias: call.bias,
      destination: call.destination, destination_stride: call.stride, epilogue: call.epilogue.kernelCode,
      bytes: call.bytes)
    Kernels.best.table.pointee.float_product(&product)
  }
}
