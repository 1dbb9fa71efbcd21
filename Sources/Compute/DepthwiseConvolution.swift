import CKernels

/// A depthwise convolution with ReLU6, whose batch norm is folded into weights and bias, over a map of pixels that are rows
/// of channels.
package final class DepthwiseConvolution: Sendable {
  /// The windows that are multiplied.
  package let windows: SameWindows
  /// Numbers in a pixel.
  package let channels: Int
  private let weights: Vector
  private let bias: Vector

  /// Builds a convolution.
  ///
  /// - Parameters:
  ///   - windows: Of a kernel of 3 or 5 and a stride of 1 or 2.
  ///   - weight: (channels, kernel · kernel), as checkpoints have it.
  ///   - bias: A number for each channel.
  package init(_ windows: SameWindows, weight: Matrix, bias: Vector) throws {
    self.windows = windows
    channels = weight.rows
    weights = try Vector(weight.transposed())
    self.bias = bias
  }

  /// Computes some lines of outputs on the calling thread.
  ///
  /// - Parameters:
  ///   - source: Where line `sourceRow` of the map begins; all that ``SameWindows/sourceRows(of:)`` names are there.
  ///   - rows: The lines of outputs that are wanted.
  ///   - some: The channels that are wanted; nil for all.
  ///   - destination: Whose first rows are the outputs, to be sealed by ``Operand/sealReLU6(rows:context:)``.
  package func apply(
    _ source: UnsafePointer<Float>, sourceRow: Int, rows: Range<Int>, channels some: Range<Int>? = nil,
    to destination: Operand
  ) {
    // ReLU6 tells the range: bytes need no look at each row for its own, and no numbers in between.
    let bytes = destination.relu6Bytes
    let wanted = some ?? 0..<channels
    var arguments = plumb_depthwise(
      source: source, source_row: sourceRow, side: windows.side, channels: channels, weights: weights.numbers,
      bias: bias.numbers, kernel: windows.kernel, stride: windows.stride, before: windows.before,
      first_output_row: rows.lowerBound, output_rows: rows.count, output_side: windows.across,
      first_channel: wanted.lowerBound, channel_count: wanted.count, destination: destination.floats,
      bytes: bytes?.start, levels: bytes?.levels ?? 0)
    Kernels.best.table.pointee.depthwise(&arguments)
  }
}

extension Matrix {
  /// A copy in f32 of the transpose.
  fileprivate func transposed() throws -> Matrix {
    let copy = try AlignedBuffer(byteCount: rows * columns * 4)
    let line = try AlignedBuffer(byteCount: columns * 4)
    let (from, to) = (line.bound(to: Float.self), copy.bound(to: Float.self))
    for row in 0..<rows {
      copyRows(row..<(row + 1), to: from)
      for column in 0..<columns { to[column * rows + row] = from[column] }
    }
    return Matrix(
      rows: columns, columns: rows, storage: .float32, start: UnsafeRawPointer(copy.start), owner: copy)
  }
}
