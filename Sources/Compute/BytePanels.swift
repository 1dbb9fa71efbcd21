import CKernels

/// Byte weights for our own product, which is faster than oneDNN's where the processor has AVX2 and no VNNI.
package struct BytePanels: ProductWeights {
  private let panels: AlignedBuffer
  private let quantized: QuantizedMatrix.Scales
  private let inputs: Int

  /// The highest byte of an activation.
  static let activationLevels = Int32(PLUMB_BYTE_LEVELS)

  /// Whether this processor has the product, for rows of so many inputs.
  package static func suit(inputs: Int) -> Bool {
    !Hardware.hasVNNI && Kernels.best.table.pointee.byte_product != nil && inputs % 8 == 0
  }

  init(_ matrix: Matrix, _ rows: Range<Int>) throws {
    inputs = matrix.columns
    let whole = try QuantizedMatrix(matrix, rows, groupLimit: PLUMB_BYTE_GROUP)
    panels = try AlignedBuffer(byteCount: plumb_byte_panels_size(rows.count, inputs))
    plumb_byte_panels_pack(
      whole.bytes.bound(to: Int8.self), rows.count, inputs, panels.bound(to: Int8.self))
    quantized = whole.scales
  }

  var isDivisible: Bool { true }

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
      destination: call.destination, destination_stride: call.stride, epilogue: call.epilogue.kernelCode)
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
    }
  }
}
