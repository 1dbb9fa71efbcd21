/// Square windows over a square map, padded as TensorFlow's "same": as many outputs as windows begin at multiples of the
/// stride inside the map, and the zeros around it as even as can be, with one more at the right and the bottom.
public struct SameWindows: Sendable, Hashable {
  /// The side of the map.
  public let side: Int
  /// The side of a window.
  public let kernel: Int
  /// Pixels from a window to the next.
  public let stride: Int

  /// Describes windows.
  public init(side: Int, kernel: Int, stride: Int) {
    self.side = side
    self.kernel = kernel
    self.stride = stride
  }

  /// Windows in a line, and lines of them.
  public var across: Int { (side + stride - 1) / stride }
  /// How far the first window begins outside of the map.
  public var before: Int { max(0, (across - 1) * stride + kernel - side) / 2 }

  /// The lines of the map that some lines of windows look at.
  public func sourceRows(of rows: Range<Int>) -> Range<Int> {
    guard !rows.isEmpty else { return 0..<0 }
    let first = max(0, rows.lowerBound * stride - before)
    let last = min(side, (rows.upperBound - 1) * stride - before + kernel)
    return first..<max(first, last)
  }
}
