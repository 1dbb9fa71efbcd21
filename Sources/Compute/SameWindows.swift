/// Square windows over a square map, padded as TensorFlow's "same": as many outputs as windows begin at multiples of the
/// stride inside the map, and the zeros around it as even as can be, with one more at the right and the bottom.
package struct SameWindows: Sendable, Hashable {
  /// The side of the map.
  package let side: Int
  /// The side of a window.
  package let kernel: Int
  /// Pixels from a window to the next.
  package let stride: Int

  /// Describes windows.
  package init(side: Int, kernel: Int, stride: Int) {
    self.side = side
    self.kernel = kernel
    self.stride = stride
  }

  /// Windows in a line, and lines of them.
  package var across: Int { (side + stride - 1) / stride }
  /// How far the first window begins outside of the map.
  package var before: Int { max(0, (across - 1) * stride + kernel - side) / 2 }

  /// The lines of the map that some lines of windows look at.
  package func sourceRows(of rows: Range<Int>) -> Range<Int> {
    guard !rows.isEmpty else { return 0..<0 }
    let first = max(0, rows.lowerBound * stride - before)
    let last = min(side, (rows.upperBound - 1) * stride - before + kernel)
    return first..<max(first, last)
  }
}
