import Compute

/// The convolution of stride 2 that a trunk begins with, over an image that has its frame of zeros around it.
struct TrunkStem: Sendable {
  let windows: SameWindows
  private let product: Linear

  /// Numbers in a window: 3 lines of 3 pixels.
  static let columns = 27

  /// Takes the folded convolution, (outputs, 3, 3, 3).
  init(side: Int, weight: Matrix, bias: Vector) throws {
    windows = SameWindows(side: side, kernel: 3, stride: 2)
    // A hundredth of the work, of which the rest lives: in f32 whatever the precision.
    product = try Linear(
      matrices: [weight.channelsLast(3)], biases: [bias], precision: .float32)
  }

  /// The side of the image with its frame.
  var framedSide: Int { (windows.across - 1) * windows.stride + windows.kernel }

  /// Writes the normalised image into its frame, pixel by pixel; the frame itself stays as it is.
  func place(
    _ image: PreparedImage, _ normalization: PixelNormalization, in frame: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    let side = windows.side
    let (framed, before) = (framedSide, windows.before)
    normalization.table.withUnsafeBufferPointer { table in
      image.pixels.withUnsafeBufferPointer { bytes in
        guard let table = table.baseAddress, let bytes = bytes.baseAddress else { return }
        pool.split(min(side, framed - before)) { lines in
          for y in lines {
            let from = bytes + 3 * y * side
            let to = frame + 3 * ((y + before) * framed + before)
            for x in 0..<min(side, framed - before) {
              to[3 * x] = table[Int(from[3 * x])]
              to[3 * x + 1] = table[256 + Int(from[3 * x + 1])]
              to[3 * x + 2] = table[512 + Int(from[3 * x + 2])]
            }
          }
        }
      }
    }
  }

  /// Computes some lines of outputs with ReLU6, on the calling thread.
  func apply(
    _ frame: UnsafePointer<Float>, rows: Range<Int>, to destination: ReLU6Map, scratch: Operand,
    context: Context, member: Int
  ) throws {
    let across = windows.across
    let line = 3 * framedSide
    var to = destination
    for y in rows {
      var window = scratch.floats
      var from = frame + y * windows.stride * line
      for _ in 0..<across {
        for _ in 0..<3 {
          window.update(from: from, count: 9)
          window += 9
          from += line
        }
        from += 3 * windows.stride - 3 * line
      }
      try product.apply(scratch, rows: across, to: to, context: context, member: member)
      to = to.advanced(by: across * product.outputs)
    }
  }
}
