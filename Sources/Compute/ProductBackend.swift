import CKernels

/// Who multiplies.
package enum ProductBackend: String, CaseIterable, Sendable {
  /// Our own loops, on weights that are packed once.
  case own
  /// oneDNN, on weights that lie row by row.
  case oneDNN

  /// What is fastest on this processor, for layers of so many inputs.
  static func best(_ precision: Precision, _ packing: Packing, inputs: Int) -> ProductBackend {
    if precision == .float32, packing == .whereNeeded { return .oneDNN }
    return own.multiplies(precision, inputs: inputs) ? .own : .oneDNN
  }

  /// Whether this processor has the products of a precision, for layers of so many inputs.
  package func multiplies(_ precision: Precision, inputs: Int) -> Bool {
    guard self == .own else { return true }
    let kernels = Kernels.best.table.pointee
    switch precision {
    case .float32: return kernels.float_product != nil
    // Units of two; a row of an odd number is widened.
    case .bfloat16: return kernels.float_product != nil && (kernels.half_product == nil || inputs % 2 == 0)
    case .int8: return kernels.byte_product != nil && inputs % 8 == 0
    }
  }

  /// How the left side of a product is stored.
  func operandFormat(_ precision: Precision) -> NumberFormat {
    switch precision {
    case .float32: .float32
    case .bfloat16: self == .own && Hardware.multipliesBFloat16 ? .bfloat16 : .float32
    case .int8: .unsignedByte
    }
  }

  /// The highest byte of a quantised activation: what the sums of the product bear. oneDNN's may have 16 bits, for two
  /// products.
  var activationLevels: Int32 { self == .own ? Kernels.best.table.pointee.byte_levels : 127 }
}
