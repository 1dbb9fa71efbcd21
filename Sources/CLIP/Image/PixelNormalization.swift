/// Per-channel normalisation of 8-bit pixels, as the reference computes it: `(value · scale − mean) / std`.
public struct PixelNormalization: Sendable, Equatable {
  /// 3 × 256 numbers: the normalised value of each byte, for red, green and blue.
  public let table: [Float]

  /// Creates a table from three rows of 256.
  public init(table: [Float]) {
    self.table = table
  }

  /// Creates the table of a mean and a standard deviation, one number a channel.
  ///
  /// Rounded as NumPy rounds in `transformers`' image processors that use Pillow: the byte times `rescale` in
  /// double precision, rounded to float, then the float mean subtracted and the result divided by the float
  /// deviation. With a `rescale` of 1/255 these are the bits of torchvision's `ToTensor` and `Normalize` (open_clip)
  /// as well. The processor of `transformers` that uses torchvision folds the scale into mean and deviation and
  /// differs from all of them by up to 2.8e-7.
  public init(mean: SIMD3<Double>, std: SIMD3<Double>, rescale: Double = 1.0 / 255) {
    var table: [Float] = []
    table.reserveCapacity(3 * 256)
    for channel in 0..<3 {
      let channelMean = Float(mean[channel])
      let channelStd = Float(std[channel])
      for byte in 0..<256 {
        table.append((Float(Double(byte) * rescale) - channelMean) / channelStd)
      }
    }
    self.init(table: table)
  }

  /// The normalised image: `3 × height × width` numbers, one channel after the other.
  public func planes(of image: PreparedImage) -> [Float] {
    let area = image.pixels.count / 3
    return [Float](unsafeUninitializedCapacity: area * 3) { planes, count in
      for channel in 0..<3 {
        for i in 0..<area {
          planes[channel * area + i] = table[channel * 256 + Int(image.pixels[i * 3 + channel])]
        }
      }
      count = area * 3
    }
  }
}
