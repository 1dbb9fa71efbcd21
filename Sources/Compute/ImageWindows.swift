/// Square windows over a square image whose pixels are rows of channels in reading order, with zeros around it.
///
/// What a convolution multiplies: a row for each window, line by line, each pixel with all of its channels.
package struct ImageWindows: Sendable, Hashable {
  /// The side of the image.
  package let side: Int
  /// Numbers in a pixel.
  package let channels: Int
  /// The side of a window.
  package let kernel: Int
  /// Pixels from a window to the next.
  package let stride: Int
  /// The width of the frame of zeros.
  package let padding: Int

  /// Describes windows; `kernel` is at most `side + 2 · padding`.
  package init(side: Int, channels: Int, kernel: Int, stride: Int, padding: Int = 0) {
    self.side = side
    self.channels = channels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// Windows in a line, and lines of them.
  package var across: Int { (side + 2 * padding - kernel) / stride + 1 }
  /// All windows.
  package var count: Int { across * across }
  /// Numbers in a window.
  package var numbers: Int { kernel * kernel * channels }

  /// Copies some windows, counted in reading order, one behind the other.
  package func gather(
    _ windows: Range<Int>, of image: UnsafePointer<Float>, to rows: UnsafeMutablePointer<Float>
  ) {
    let across = across
    let line = kernel * channels
    var to = rows
    for window in windows {
      let top = window / across * stride - padding
      let left = window % across * stride - padding
      // The part of a line that is inside the image.
      let first = max(0, -left)
      let last = min(kernel, side - left)
      for y in top..<(top + kernel) {
        if y < 0 || y >= side || first >= last {
          to.update(repeating: 0, count: line)
        } else {
          if first > 0 { to.update(repeating: 0, count: first * channels) }
          (to + first * channels).update(
            from: image + (y * side + left + first) * channels, count: (last - first) * channels)
          if last < kernel {
            (to + last * channels).update(repeating: 0, count: (kernel - last) * channels)
          }
        }
        to += line
      }
    }
  }
}

extension Matrix {
  /// A copy in f32 of weights (outputs, channels, height · width) with the channels of each pixel together:
  /// (outputs, height · width, channels), as ``ImageWindows`` lie.
  package func channelsLast(_ channels: Int) throws -> Matrix {
    let pixels = columns / max(1, channels)
    let copy = try AlignedBuffer(byteCount: rows * columns * 4)
    let line = try AlignedBuffer(byteCount: columns * 4)
    let from = line.bound(to: Float.self)
    var to = copy.bound(to: Float.self)
    for row in 0..<rows {
      copyRows(row..<(row + 1), to: from)
      for pixel in 0..<pixels {
        for channel in 0..<channels { to[pixel * channels + channel] = from[channel * pixels + pixel] }
      }
      to += columns
    }
    return Matrix(
      rows: rows, columns: columns, storage: .float32, start: UnsafeRawPointer(copy.start), owner: copy)
  }
}
