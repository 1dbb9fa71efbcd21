import CTorchBridge

extension Tensor {
  private static func binary(
    _ name: StaticString, _ operation: PlumbBinary, _ a: Tensor, _ b: Tensor
  ) throws -> Tensor {
    try a.torch.produced("\(name) of \(a.shape) and \(b.shape)") {
      a.torch.table.pointee.binary(Int32(operation.rawValue), a.handle, b.handle, $0)
    }
  }

  private func scaled(_ name: StaticString, _ operation: PlumbScaled, _ number: Double) throws -> Tensor {
    try torch.produced("\(name) of \(shape)") {
      torch.table.pointee.scaled(Int32(operation.rawValue), handle, number, $0)
    }
  }

  private func unary(_ name: StaticString, _ operation: PlumbUnary) throws -> Tensor {
    try torch.produced("\(name) of \(shape)") {
      torch.table.pointee.unary(Int32(operation.rawValue), handle, $0)
    }
  }

  /// The sum, element by element.
  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try binary("sum", PLUMB_ADD, a, b) }
  /// The difference, element by element.
  public static func - (a: Tensor, b: Tensor) throws -> Tensor {
    try binary("difference", PLUMB_SUBTRACT, a, b)
  }
  /// The product, element by element.
  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try binary("product", PLUMB_MULTIPLY, a, b) }
  /// The quotient, element by element.
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try binary("quotient", PLUMB_DIVIDE, a, b) }
  /// A number added to every element.
  public static func + (a: Tensor, b: Double) throws -> Tensor { try a.scaled("sum", PLUMB_ADD_NUMBER, b) }
  /// A number taken from every element.
  public static func - (a: Tensor, b: Double) throws -> Tensor {
    try a.scaled("difference", PLUMB_ADD_NUMBER, -b)
  }
  /// Every element times a number.
  public static func * (a: Tensor, b: Double) throws -> Tensor {
    try a.scaled("product", PLUMB_MULTIPLY_NUMBER, b)
  }
  /// Every element times a number.
  public static func * (a: Double, b: Tensor) throws -> Tensor { try b * a }
  /// Every element by a number.
  public static func / (a: Tensor, b: Double) throws -> Tensor { try a * (1 / b) }
  /// Every element with the other sign.
  public static prefix func - (a: Tensor) throws -> Tensor { try a.unary("negation", PLUMB_NEGATE) }
  /// A number less every element.
  public static func - (a: Double, b: Tensor) throws -> Tensor { try (-b) + a }

  /// The matrix product over the last two dimensions.
  public func matmul(_ other: Tensor) throws -> Tensor {
    try Self.binary("matmul", PLUMB_MATMUL, self, other)
  }
  /// The greater of each two elements.
  public func maximum(_ other: Tensor) throws -> Tensor {
    try Self.binary("maximum", PLUMB_MAXIMUM, self, other)
  }

  /// eˣ.
  public func exp() throws -> Tensor { try unary("exp", PLUMB_EXP) }
  /// The natural logarithm.
  public func log() throws -> Tensor { try unary("log", PLUMB_LOG) }
  /// The square root.
  public func sqrt() throws -> Tensor { try unary("sqrt", PLUMB_SQRT) }
  /// x².
  public func square() throws -> Tensor { try unary("square", PLUMB_SQUARE) }
  /// Without the sign.
  public func abs() throws -> Tensor { try unary("abs", PLUMB_ABS) }
  /// `max(x, 0)`.
  public func relu() throws -> Tensor { try unary("relu", PLUMB_RELU) }
  /// `1 / (1 + e⁻ˣ)`.
  public func sigmoid() throws -> Tensor { try unary("sigmoid", PLUMB_SIGMOID) }
  /// `x · Φ(x)`, with the error function.
  public func gelu() throws -> Tensor { try unary("gelu", PLUMB_GELU) }
  /// `min(max(x, 0), 6)`.
  public func relu6() throws -> Tensor { try unary("relu6", PLUMB_RELU6) }
  /// `x · sigmoid(1.702 x)`.
  public func quickGELU() throws -> Tensor { try self * (self * 1.702).sigmoid() }
  /// No element below `number`.
  public func atLeast(_ number: Double) throws -> Tensor { try scaled("at_least", PLUMB_AT_LEAST, number) }
  /// No element above `number`.
  public func atMost(_ number: Double) throws -> Tensor { try scaled("at_most", PLUMB_AT_MOST, number) }

  /// In one piece of memory, row by row.
  public func contiguous() throws -> Tensor { try unary("contiguous", PLUMB_CONTIGUOUS) }
  /// (B, C, H, W) in memory as (B, H, W, C).
  public func channelsLast() throws -> Tensor { try unary("channels_last", PLUMB_CHANNELS_LAST) }
  /// The same numbers, without their history.
  public func detached() throws -> Tensor { try unary("detach", PLUMB_DETACH) }
  /// A copy.
  public func cloned() throws -> Tensor { try unary("clone", PLUMB_CLONE) }

  private func along(_ name: StaticString, _ operation: PlumbAlongDimension, _ dimension: Int) throws
    -> Tensor
  {
    try torch.produced("\(name) of \(shape) along \(dimension)") {
      torch.table.pointee.along(Int32(operation.rawValue), handle, Int64(dimension), $0)
    }
  }

  /// Shares that add up to 1 along a dimension, `exp(x) / Σ exp(x)`.
  public func softmax(_ dimension: Int = -1) throws -> Tensor {
    try along("softmax", PLUMB_SOFTMAX, dimension)
  }
  /// The logarithm of ``softmax(_:)``.
  public func logSoftmax(_ dimension: Int = -1) throws -> Tensor {
    try along("log_softmax", PLUMB_LOG_SOFTMAX, dimension)
  }
  /// Of length 1 along a dimension.
  public func normalized(_ dimension: Int = -1) throws -> Tensor {
    try along("normalize", PLUMB_NORMALIZE, dimension)
  }

  private func reduce(
    _ name: StaticString, _ operation: PlumbReduction, _ dimensions: [Int]?, keep: Bool
  ) throws -> Tensor {
    let places = dimensions?.map(Int64.init)
    return try torch.produced("\(name) of \(shape) over \(dimensions ?? [])") { out in
      guard let places else {
        return torch.table.pointee.reduce(Int32(operation.rawValue), handle, nil, 0, keep, out)
      }
      return torch.table.pointee.reduce(Int32(operation.rawValue), handle, places, places.count, keep, out)
    }
  }

  /// The sum over some dimensions, or over all.
  public func sum(_ dimensions: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    try reduce("sum", PLUMB_SUM, dimensions, keep: keep)
  }
  /// The mean over some dimensions, or over all.
  public func mean(_ dimensions: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    try reduce("mean", PLUMB_MEAN, dimensions, keep: keep)
  }
}
