import COneDNN

/// What tells products apart.
struct PlanKey: Hashable, CustomStringConvertible {
  var rows: Int
  var inputs: Int
  var outputs: Int
  var sourceStride: Int
  var destinationStride: Int
  var numbers: Numbers
  var hasBias: Bool
  var epilogue: Epilogue

  var shape: plumb_dnn_shape {
    plumb_dnn_shape(
      rows: Int64(rows), inputs: Int64(inputs), outputs: Int64(outputs),
      source_stride: Int64(sourceStride), destination_stride: Int64(destinationStride),
      source_type: numbers == .floats ? PLUMB_DNN_F32 : PLUMB_DNN_U8,
      weights_type: numbers == .floats ? PLUMB_DNN_F32 : PLUMB_DNN_S8,
      destination_type: numbers == .floats ? PLUMB_DNN_F32 : PLUMB_DNN_S32,
      has_bias: hasBias ? 1 : 0, epilogue: epilogue.code)
  }

  var description: String { "\(rows)×\(inputs) by \(inputs)×\(outputs) (\(numbers.rawValue))" }

  /// What is multiplied, and what comes of it.
  enum Numbers: String, Hashable {
    /// f32 by f32, to f32.
    case floats = "f32"
    /// Unsigned by signed bytes, to 32-bit integers.
    case bytes = "u8 by s8"
  }
}

/// What is done to a product before it is stored.
package enum Epilogue: Sendable, Hashable {
  /// Nothing.
  case store
  /// Added to what the destination holds.
  case add
  /// `x · sigmoid(1.702 x)`
  case quickGELU
  /// `x · Φ(x)`
  case gelu
  /// `min(max(x, 0), 6)`
  case relu6

  var code: plumb_dnn_epilogue {
    switch self {
    case .store: PLUMB_DNN_NONE
    case .add: PLUMB_DNN_ADD
    case .quickGELU: PLUMB_DNN_QUICK_GELU
    case .gelu: PLUMB_DNN_GELU
    case .relu6: PLUMB_DNN_RELU6
    }
  }
}

/// A compiled product of oneDNN, whose weights lie row by row.
final class ProductPlan {
  private let handle: OpaquePointer
  private let key: PlanKey
  /// The bytes of scratch memory that an execution needs.
  let scratchByteCount: Int

  init(_ key: PlanKey) throws {
    _ = Hardware.limitsOneDNN
    var shape = key.shape
    guard let handle = plumb_dnn_product_create(&shape) else {
      throw ComputeError.unsupportedProduct("\(key)")
    }
    self.handle = handle
    self.key = key
    scratchByteCount = plumb_dnn_product_scratch_bytes(handle)
  }

  deinit { plumb_dnn_product_destroy(handle) }

  /// The name of oneDNN's implementation, "gemm:jit".
  var implementation: String { String(cString: plumb_dnn_product_implementation(handle)) }

  func execute(
    _ source: UnsafeRawPointer, _ weights: UnsafeRawPointer, bias: UnsafePointer<Float>?,
    to destination: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
  ) throws {
    guard plumb_dnn_product_execute(handle, source, weights, bias, destination, scratch) == 0 else {
      throw ComputeError.productFailed("\(key)")
    }
  }
}
