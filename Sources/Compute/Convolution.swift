/// A convolution over square images whose pixels are rows of channels: windows are gathered, and multiplied as the
/// rows of a linear layer are.
package final class Convolution: Sendable {
  /// The windows that are multiplied.
  package let windows: ImageWindows
  /// The numbers that products are computed in.
  package let precision: Precision
  /// Output pixels that are computed at once: their windows and weights share the second-level cache.
  package let band: Int
  private let product: Linear

  /// The floats of a band's windows and outputs.
  private static let bandFloats = 128 * 1024

  /// Builds a convolution.
  ///
  /// - Parameters:
  ///   - weight: (outputs, channels · kernel · kernel), the channels one behind the other as checkpoints have them.
  ///   - bias: A number for each output.
  package init(
    _ windows: ImageWindows, weight: Matrix, bias: Vector, precision: Precision, packing: Packing
  ) throws {
    self.windows = windows
    self.precision = precision
    product = try Linear(
      matrices: [weight.channelsLast(windows.channels)], biases: [bias], precision: precision,
      packing: packing)
    // Even bands of whole tiles of six rows.
    let most = max(48, Self.bandFloats / (windows.numbers + weight.rows))
    let bands = (windows.count + most - 1) / most
    band = ((windows.count + bands - 1) / bands).roundedUp(toMultipleOf: 6)
  }

  /// The channels of the result.
  package var outputs: Int { product.outputs }

  /// Memory in which one thread gathers windows.
  package func scratch() throws -> Operand {
    try Operand(rows: min(band, windows.count), columns: windows.numbers, precision: precision)
  }

  /// Computes a run of output pixels on the calling thread.
  ///
  /// - Parameters:
  ///   - pixels: At most ``band`` pixels of the result.
  ///   - result: The first pixel of the whole result.
  ///   - scratch: Memory of ``scratch()``, or of a convolution with equal windows and precision.
  ///   - member: The calling thread's number in the context's pool.
  package func apply(
    _ image: UnsafePointer<Float>, pixels: Range<Int>, to result: UnsafeMutablePointer<Float>,
    epilogue: Epilogue = .store, scratch: Operand, context: Context, member: Int
  ) throws {
    windows.gather(pixels, of: image, to: scratch.floats)
    scratch.seal(0..<pixels.count)
    try product.apply(
      scratch, rows: pixels.count, to: result + pixels.lowerBound * outputs, stride: outputs,
      epilogue: epilogue, context: context, member: member)
  }
}
