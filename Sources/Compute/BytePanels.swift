import CKernels

/// Byte weights packed for our own product.
struct BytePanels: ProductWeights {
  private let panels: AlignedBuffer
  private let quantized: QuantizedMatrix.Scales
  private let inputs: Int

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    inputs = matrix.columns
    let whole = try QuantizedMatrix(matrix, rows, groupLimit: Kernels.best.table.pointee.byte_group)
    panels = try AlignedBuffer(byteCount: plumb_byte_panels_size(rows.count, inputs))
    plumb_byte_panels_pack(
      whole.bytes.bound(to: Int8.self), rows.count, inputs, panels.bound(to: Int8.self))
    quantized = whole.scales
  }

  func multiply(_ call: ProductCall, lane: Lane) throws {
    guard let rowScales = call.source.scales else { return }
    // Shares begin at multiples of a panel's 16 outputs.
    let first = call.outputs.lowerBound
    var product = plumb_byte_product(
      source: call.source.start(ofRow: call.firstRow).assumingMemoryBound(to: UInt8.self),
      source_stride: call.source.columns, rows: rowScales + call.firstRow, row_count: call.rows,
      inputs: inputs,
      outputs: call.outputs.count, panels: panels.bound(to: Int8.self) + first * inputs,
      column_scales: quantized.scales + first, column_sums: quantized.sums + first, bias: call.bias,
      destination: call.destination, destination_stride: call.stride, epilogue: call.epilogue.kernelCode,
      bytes: call.bytes)
    Kernels.best.table.pointee.byte_product(&product)
  }
}

extension Epilogue {
  var kernelCode: plumb_epilogue {
    switch self {
    case .store: PLUMB_STORE
    case .add: PLUMB_ADD
    case .quickGELU: PLUMB_QUICK_GELU
    case .gelu: PLUMB_GELU
    case .relu6: PLUMB_RELU6
    }
  }
}
