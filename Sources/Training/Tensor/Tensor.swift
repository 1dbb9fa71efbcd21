import CTorchBridge

/// The kinds of numbers that a tensor holds.
public enum ScalarType: Sendable {
  case float32, float64, bfloat16, float16, int64, uint8, bool

  var number: Int32 {
    let number =
      switch self {
      case .float32: PLUMB_FLOAT32
      case .float64: PLUMB_FLOAT64
      case .bfloat16: PLUMB_BFLOAT16
      case .float16: PLUMB_FLOAT16
      case .int64: PLUMB_INT64
      case .uint8: PLUMB_UINT8
      case .bool: PLUMB_BOOL
      }
    return Int32(number.rawValue)
  }
}

/// A tensor of libtorch's, on the device that its ``Torch`` names.
///
/// Operators make new tensors and are recorded for ``backward()`` where an operand needs gradients. Shapes broadcast as in
/// torch; what does not fit throws ``TorchError/failed(operation:reason:)``. Not for use from two threads at once.
public final class Tensor {
  private(set) var handle: OpaquePointer
  /// The libtorch that it belongs to.
  public let torch: Torch
  private var isLent: Bool

  init(_ handle: OpaquePointer, _ torch: Torch, isLent: Bool = false) {
    self.handle = handle
    self.torch = torch
    self.isLent = isLent
  }

  deinit { if !isLent { torch.table.pointee.release(handle) } }

  /// The handle, which the caller now owns; nil where there is no memory for another.
  func handedOver() -> OpaquePointer? {
    if isLent {
      // Somebody else's: what is handed over is another handle of the same tensor.
      var copy: OpaquePointer?
      _ = torch.table.pointee.scaled(Int32(PLUMB_ADD_NUMBER.rawValue), handle, 0, &copy)
      return copy
    }
    isLent = true
    return handle
  }

  /// The number of elements along each dimension.
  public var shape: [Int] {
    var count = 0
    guard torch.table.pointee.dimensions(handle, &count) == 0 else { return [] }
    var shape = [Int64](repeating: 0, count: count)
    guard torch.table.pointee.shape(handle, &shape, count) == 0 else { return [] }
    return shape.map(Int.init)
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The number in a tensor of one element. Throws ``TorchError``.
  public func number() throws -> Double {
    var value = 0.0
    try torch.check("number", torch.table.pointee.number(handle, &value))
    return value
  }

  /// All numbers, row by row. Throws ``TorchError``.
  public func floats() throws -> [Float] {
    let count = count
    return try [Float](unsafeUninitializedCapacity: count) { buffer, written in
      guard count > 0 else { return }
      try torch.check(
        "read",
        torch.table.pointee.read(
          handle, ScalarType.float32.number, UnsafeMutableRawPointer(buffer.baseAddress!), count * 4))
      written = count
    }
  }

  /// The bytes of a tensor of bytes. Throws ``TorchError``.
  func bytes() throws -> [UInt8] {
    let count = count
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
      guard count > 0 else { return }
      try torch.check(
        "read",
        torch.table.pointee.read(
          handle, ScalarType.uint8.number, UnsafeMutableRawPointer(buffer.baseAddress!), count))
      written = count
    }
  }

  /// Overwrites the numbers in place, unrecorded. Throws ``TorchError``.
  public func write(_ numbers: [Float]) throws {
    guard numbers.count == count else {
      throw TorchError.misshapen(what: "what is written", expected: shape, found: [numbers.count])
    }
    try torch.check(
      "write",
      torch.table.pointee.write(handle, ScalarType.float32.number, numbers, numbers.count * 4))
  }
}

extension Torch {
  /// A tensor of these numbers. Throws ``TorchError`` when the shape is of another number of elements.
  public func tensor(_ numbers: [Float], _ shape: [Int]) throws -> Tensor {
    try tensor(numbers, shape, .float32)
  }

  /// A tensor of these numbers, from memory of the caller's.
  public func tensor(_ numbers: UnsafeBufferPointer<Float>, _ shape: [Int]) throws -> Tensor {
    guard shape.reduce(1, *) == numbers.count, let start = numbers.baseAddress else {
      throw TorchError.misshapen(what: "memory", expected: shape, found: [numbers.count])
    }
    return try produced("from_bytes") {
      table.pointee.from_bytes(
        start, ScalarType.float32.number, shape.map(Int64.init), shape.count, device, $0)
    }
  }

  /// A tensor of numbers in double precision.
  func doubles(_ numbers: [Double]) throws -> Tensor { try tensor(numbers, [numbers.count], .float64) }

  /// A tensor of whole numbers, for use as indices.
  public func indices(_ numbers: [Int], _ shape: [Int]? = nil) throws -> Tensor {
    try tensor(numbers.map(Int64.init), shape ?? [numbers.count], .int64)
  }

  /// A tensor of truths.
  public func mask(_ truths: [Bool], _ shape: [Int]) throws -> Tensor { try tensor(truths, shape, .bool) }

  private func tensor<Element>(_ elements: [Element], _ shape: [Int], _ type: ScalarType) throws -> Tensor {
    guard shape.reduce(1, *) == elements.count else {
      throw TorchError.misshapen(what: "a list of numbers", expected: shape, found: [elements.count])
    }
    return try produced("from_bytes") { out in
      elements.withUnsafeBytes { bytes in
        // An empty list has no address, and none is read.
        table.pointee.from_bytes(
          bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8)!, type.number, shape.map(Int64.init),
          shape.count,
          device, out)
      }
    }
  }

  /// A tensor that is `value` everywhere.
  public func full(_ value: Double, _ shape: [Int]) throws -> Tensor {
    try produced("full") {
      table.pointee.full(value, ScalarType.float32.number, shape.map(Int64.init), shape.count, device, $0)
    }
  }

  /// Numbers drawn from a normal distribution around 0.
  public func normal(_ shape: [Int], deviation: Double = 1) throws -> Tensor {
    try produced("normal") {
      table.pointee.normal(deviation, shape.map(Int64.init), shape.count, device, $0)
    }
  }
}
