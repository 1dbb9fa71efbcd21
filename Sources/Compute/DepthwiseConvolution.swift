import CKernels

/// A depthwise convolution with ReLU6, whose batch norm is folded into weights and bias, over a map of pixels that are rows
/// of channels.
package final class DepthwiseConvolution: Sendable {
  /// The windows that are multiplied.
  package let windows: SameWindows
  /// Numbers in a pixel.
  package let channels: Int
  private let weights: DepthwiseWeights

  /// Builds a convolution.
  ///
  /// - Parameters:
  ///   - windows: Of a kernel of 3 or 5 and a stride of 1 or 2.
  ///   - weight: (channels, kernel · kernel), as checkpoints have it.
  ///   - bias: A number for each channel.
  ///   - means: The mean of each channel of the input.
  ///   - readsBytes: Whether the map that is read should be one of bytes, where the processor has such a convolution.
  package init(
    _ windows: SameWindows, weight: Matrix, bias: Vector, means: [Float], readsBytes: Bool
  ) throws {
    self.windows = windows
    channels = weight.rows
    weights =
      readsBytes && Kernels.best.table.pointee.byte_depthwise != nil
      ? .bytes(try ByteDepthwiseWeights(weight, bias, means: means))
      : .floats(try Vector(weight.transposed()), bias)
  }

  /// Whether the map that is read is one of bytes.
  package var readsBytes: Bool {
    if case .bytes = weights { true } else { false }
  }

  /// Threads that share the channels begin at multiples of so many.
  package var channelGroup: Int { readsBytes ? 64 : 16 }

  /// Computes some lines of outputs on the calling thread.
  ///
  /// - Parameters:
  ///   - source: Where line `sourceRow` of the map begins; all that ``SameWindows/sourceRows(of:)`` names are there.
  ///   - rows: The lines of outputs that are wanted.
  ///   - some: The channels that are wanted, from a multiple of ``channelGroup`` to another or to the end; nil for all.
  ///   - destination: Whose first rows are the outputs, to be sealed by ``Operand/sealReLU6(rows:context:)``.
  package func apply(
    _ source: ReLU6Map, sourceRow: Int, rows: Range<Int>, channels some: Range<Int>? = nil,
    to destination: Operand
  ) {
    // ReLU6 tells the range: bytes need no look at each row for its own, and no numbers in between.
    let bytes = destination.relu6Bytes
    let wanted = some ?? 0..<channels
    let kernels = Kernels.best.table.pointee
    switch weights {
    case .floats(let weights, let bias):
      var arguments = plumb_depthwise(
        source: source.floats, source_row: sourceRow, side: windows.side, channels: channels,
        weights: weights.numbers, bias: bias.numbers, kernel: windows.kernel, stride: windows.stride,
        before: windows.before, first_output_row: rows.lowerBound, output_rows: rows.count,
        output_side: windows.across, first_channel: wanted.lowerBound, channel_count: wanted.count,
        destination: destination.floats, bytes: bytes?.start, levels: bytes?.levels ?? 0)
      kernels.depthwise(&arguments)
    case .bytes(let weights):
      var arguments = plumb_byte_depthwise(
        source: source.bytes, source_row: sourceRow, side: windows.side, channels: channels,
        kernel: windows.kernel, stride: windows.stride, before: windows.before,
        first_output_row: rows.lowerBound, output_rows: rows.count, output_side: windows.across,
        weights: weights.bytes.bound(to: Int8.self), scales: weights.scales.bound(to: Float.self),
        bias: weights.bias.bound(to: Float.self), first_channel: wanted.lowerBound,
        channel_count: wanted.count, destination: bytes?.start)
      kernels.byte_depthwise(&arguments)
    }
  }
}

/// The weights of a depthwise convolution, in the form of what it reads.
private enum DepthwiseWeights: Sendable {
  /// (kernel · kernel, channels), and the bias.
  case floats(Vector, Vector)
  case bytes(ByteDepthwiseWeights)
}

/// Weights rounded to bytes, in the order that the convolution of bytes reads.
private struct ByteDepthwiseWeights: Sendable {
  let bytes: AlignedBuffer
  /// What turns sums of products into bytes of the output, channel by channel, and what is added then.
  let scales: AlignedBuffer
  let bias: AlignedBuffer

  init(_ weight: Matrix, _ bias: Vector, means: [Float]) throws {
    let (channels, numbers) = (weight.rows, weight.columns)
    let kernels = Kernels.best.table.pointee
    let rounded = try AlignedBuffer(byteCount: channels * numbers)
    let line = try AlignedBuffer(byteCount: 4 * numbers)
    let (exact, whole) = (line.bound(to: Float.self), rounded.bound(to: Int8.self))
    var scales: [Float] = []
    var offsets: [Float] = []
    for channel in 0..<channels {
      weight.copyRows(channel..<(channel + 1), to: exact)
      var total: Int32 = 0
      let scale = kernels.quantize_weights(exact, numbers, 0, whole + channel * numbers, &total)
      // By how much rounding moves the output on average: see Matrix.roundingShift.
      let error = (0..<numbers).reduce(Float(0)) { sum, place in
        sum + scale * Float(whole[channel * numbers + place]) - exact[place]
      }
      scales.append(scale)
      offsets.append((bias.numbers[channel] - error * means[channel]) * 255 / 6)
    }
    let all = plumb_byte_depthwise_channels(channels)
    let kernel = Int(Double(numbers).squareRoot())
    bytes = try AlignedBuffer(byteCount: all * kernel * ((kernel + 3) / 4 * 4))
    self.scales = try AlignedBuffer(byteCount: 4 * all)
    self.bias = try AlignedBuffer(byteCount: 4 * all)
    plumb_byte_depthwise_pack(
      whole, scales, offsets, channels, kernel, bytes.bound(to: Int8.self),
      self.scales.bound(to: Float.self), self.bias.bound(to: Float.self))
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
