import COneDNN

/// What one thread needs to run products: the plans that it compiled, and scratch memory.
///
/// A lane belongs to one thread at a time.
public final class Lane: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  private var plans: [PlanKey: ProductPlan] = [:]
  private var scratch: AlignedBuffer

  /// An empty lane.
  public init() throws {
    scratch = try AlignedBuffer(byteCount: 1 << 16)
  }

  /// Scratch memory of at least so many bytes; what it held before is lost.
  func scratch(_ byteCount: Int) throws -> UnsafeMutableRawPointer {
    if byteCount > scratch.byteCount { scratch = try AlignedBuffer(byteCount: byteCount) }
    return scratch.start
  }

  /// The plan for a product, compiled once.
  func plan(_ key: PlanKey, layout: @autoclosure () throws -> WeightLayout) throws -> ProductPlan {
    if let plan = plans[key] { return plan }
    let plan = try ProductPlan(key, layout: layout())
    plans[key] = plan
    return plan
  }
}

/// What tells products apart.
struct PlanKey: Hashable, CustomStringConvertible {
  var rows: Int
  var inputs: Int
  var outputs: Int
  var sourceStride: Int
  var destinationStride: Int
  var source: NumberFormat
  var weights: NumberFormat
  var destination: NumberFormat
  var hasBias: Bool
  var epilogue: Epilogue
  var isPacked: Bool

  var shape: plumb_dnn_shape {
    plumb_dnn_shape(
      rows: Int64(rows), inputs: Int64(inputs), outputs: Int64(outputs),
      source_stride: Int64(sourceStride), destination_stride: Int64(destinationStride),
      source_type: source.code, weights_type: weights.code, destination_type: destination.code,
      has_bias: hasBias ? 1 : 0, epilogue: epilogue.code)
  }

  var description: String {
    "\(rows)×\(inputs) (\(source)) by \(inputs)×\(outputs) (\(weights)) to \(destination)"
  }
}

/// How the numbers of an operand are stored.
enum NumberFormat: String, Hashable, CustomStringConvertible {
  case float32 = "f32"
  case bfloat16 = "bf16"
  case unsignedByte = "u8"
  case signedByte = "s8"
  case integer = "s32"

  var description: String { rawValue }

  var byteCount: Int {
    switch self {
    case .float32, .integer: 4
    case .bfloat16: 2
    case .unsignedByte, .signedByte: 1
    }
  }

  var code: plumb_dnn_type {
    switch self {
    case .float32: PLUMB_DNN_F32
    case .bfloat16: PLUMB_DNN_BF16
    case .unsignedByte: PLUMB_DNN_U8
    case .signedByte: PLUMB_DNN_S8
    case .integer: PLUMB_DNN_S32
    }
  }
}

/// What is done to a product before it is stored.
public enum Epilogue: Sendable, Hashable {
  /// Nothing.
  case store
  /// Added to what the destination holds.
  case add
  /// `x · sigmoid(1.702 x)`
  case quickGELU
  /// `x · Φ(x)`
  case gelu

  var code: plumb_dnn_epilogue {
    switch self {
    case .store: PLUMB_DNN_NONE
    case .add: PLUMB_DNN_ADD
    case .quickGELU: PLUMB_DNN_QUICK_GELU
    case .gelu: PLUMB_DNN_GELU
    }
  }
}

/// How weights lie in memory: row by row, or as oneDNN prefers them.
final class WeightLayout: @unchecked Sendable {
  // Unchecked: never changes after `init`.

  let isPacked: Bool
  let handle: OpaquePointer

  /// A layout for products like `key`.
  init(_ key: PlanKey) throws {
    isPacked = key.isPacked
    var shape = key.shape
    guard let handle = plumb_dnn_layout_create(&shape, key.isPacked ? 1 : 0) else {
      throw ComputeError.unsupportedProduct("\(key)")
    }
    self.handle = handle
  }

  deinit { plumb_dnn_layout_destroy(handle) }

  /// The bytes that the weights take.
  var byteCount: Int { plumb_dnn_layout_bytes(handle) }

  /// A copy of row-major weights in this layout.
  func pack(_ plain: UnsafeRawPointer) throws -> AlignedBuffer {
    let packed = try AlignedBuffer(byteCount: byteCount)
    guard plumb_dnn_layout_pack(handle, plain, packed.start) == 0 else {
      throw ComputeError.productFailed("(its packing)")
    }
    return packed
  }
}

/// A compiled product.
final class ProductPlan {
  private let handle: OpaquePointer
  private let key: PlanKey
  let scratchByteCount: Int

  init(_ key: PlanKey, layout: WeightLayout) throws {
    var shape = key.shape
    guard let handle = plumb_dnn_product_create(&shape, layout.handle) else {
      throw ComputeError.unsupportedProduct("\(key)")
    }
    self.handle = handle
    self.key = key
    scratchByteCount = plumb_dnn_product_scratch_bytes(handle)
  }

  deinit { plumb_dnn_product_destroy(handle) }

  func execute(
    _ source: UnsafeRawPointer, _ weights: UnsafeRawPointer, bias: UnsafePointer<Float>?,
    to destination: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
  ) throws {
    guard plumb_dnn_product_execute(handle, source, weights, bias, destination, scratch) == 0 else {
      throw ComputeError.productFailed("\(key)")
    }
  }
}
