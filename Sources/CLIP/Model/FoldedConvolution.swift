import Compute

extension Parameters {
  /// A convolution without a bias and the batch norm that follows it, as one: (outputs, numbers of a window) and a bias.
  ///
  /// `norm(conv(x)) = s · conv(x) + (bias − s · mean)` with `s = weight / √(variance + ε)`: the convolution's weights are
  /// multiplied by `s`, and the rest is its bias.
  func foldedConvolution(
    _ name: String, norm: String, shape: [Int], epsilon: Float
  ) throws -> (weight: Matrix, bias: Vector) {
    let outputs = shape.first ?? 0
    let columns = shape.dropFirst().reduce(1, *)
    let weight = try matrix("\(name).weight", shape: shape, rows: outputs, columns: columns)
    let (scale, shift) = (try vector("\(norm).weight", outputs), try vector("\(norm).bias", outputs))
    let mean = try vector("\(norm).running_mean", outputs)
    let variance = try vector("\(norm).running_var", outputs)
    let folded = try AlignedBuffer(byteCount: 4 * outputs * columns)
    let offsets = try AlignedBuffer(byteCount: 4 * outputs)
    let (weights, biases) = (folded.bound(to: Float.self), offsets.bound(to: Float.self))
    weight.copyRows(0..<outputs, to: weights)
    for output in 0..<outputs {
      guard variance.numbers[output] >= 0 else {
        throw ModelError.negativeVariance(name: "\(norm).running_var", found: variance.numbers[output])
      }
      let factor = scale.numbers[output] / (variance.numbers[output] + epsilon).squareRoot()
      for column in output * columns..<(output + 1) * columns { weights[column] *= factor }
      biases[output] = shift.numbers[output] - factor * mean.numbers[output]
    }
    return (
      Matrix(folded, rows: outputs, columns: columns), try Vector(Matrix(offsets, rows: 1, columns: outputs))
    )
  }
}

extension Matrix {
  /// Numbers in f32 that nobody writes to any more.
  init(_ numbers: AlignedBuffer, rows: Int, columns: Int) {
    self.init(
      rows: rows, columns: columns, storage: .float32, start: UnsafeRawPointer(numbers.start), owner: numbers)
  }
}

extension PixelNormalization {
  /// Writes the normalised image pixel by pixel: `height × width × 3` numbers.
  func apply(_ image: PreparedImage, to numbers: UnsafeMutablePointer<Float>, pool: ThreadPool) {
    table.withUnsafeBufferPointer { table in
      image.pixels.withUnsafeBufferPointer { bytes in
        guard let table = table.baseAddress, let bytes = bytes.baseAddress else { return }
        pool.split(image.height * image.width) { range in
          for pixel in range {
            for channel in 0..<3 {
              numbers[3 * pixel + channel] = table[256 * channel + Int(bytes[3 * pixel + channel])]
            }
          }
        }
      }
    }
  }
}
