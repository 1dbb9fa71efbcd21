/// Resizes greys of 16 bits to the last bit as Pillow's `Image.resize` does in the mode `I;16`.
///
/// Plain loops: such images are rare, and their sums are in double precision, whose order counts.
struct WideResampler {
  /// The filter, not the nearest sample.
  let filter: Resampling

  /// The window `rows × columns` of `height × width` samples resized to `size`.
  func window(
    of samples: UnsafePointer<UInt16>, height: Int, width: Int, resizedTo size: (height: Int, width: Int),
    rows: Range<Int>, columns: Range<Int>
  ) -> [UInt16] {
    let whole = Image(
      height: height, width: width, samples: Array(UnsafeBufferPointer(start: samples, count: height * width))
    )
    let result: Image
    if Resampler.startsWithHeight(height: height, width: width, size: size) {
      result = widened(heightened(whole, to: size.height, rows), to: size.width, columns)
    } else {
      result = heightened(widened(whole, to: size.width, columns), to: size.height, rows)
    }
    return result.samples
  }

  private struct Image {
    var height: Int
    var width: Int
    var samples: [UInt16]
  }

  private func widened(_ image: Image, to length: Int, _ outputs: Range<Int>) -> Image {
    let weights = ExactWeights(filter, inputLength: image.width, outputLength: length)
    var row = [Double](repeating: 0, count: weights.stride)
    var result = Image(height: image.height, width: outputs.count, samples: [])
    result.samples = [UInt16](repeating: 0, count: image.height * outputs.count)
    for (place, output) in outputs.enumerated() {
      if length == image.width {
        for y in 0..<image.height {
          result.samples[y * outputs.count + place] = image.samples[y * image.width + output]
        }
        continue
      }
      let inputs = weights.inputs(of: output, weights: &row)
      for y in 0..<image.height {
        var sum = 0.0
        for (k, x) in inputs.enumerated() { sum += Double(image.samples[y * image.width + x]) * row[k] }
        result.samples[y * outputs.count + place] = Self.rounded(sum)
      }
    }
    return result
  }

  private func heightened(_ image: Image, to length: Int, _ outputs: Range<Int>) -> Image {
    let weights = ExactWeights(filter, inputLength: image.height, outputLength: length)
    var row = [Double](repeating: 0, count: weights.stride)
    var result = Image(height: outputs.count, width: image.width, samples: [])
    result.samples.reserveCapacity(outputs.count * image.width)
    for output in outputs {
      if length == image.height {
        result.samples += image.samples[(output * image.width)..<((output + 1) * image.width)]
        continue
      }
      let inputs = weights.inputs(of: output, weights: &row)
      for x in 0..<image.width {
        var sum = 0.0
        for (k, y) in inputs.enumerated() { sum += Double(image.samples[y * image.width + x]) * row[k] }
        result.samples.append(Self.rounded(sum))
      }
    }
    return result
  }

  /// Halves away from zero, and each of the two bytes clipped by itself, as Pillow does.
  private static func rounded(_ sum: Double) -> UInt16 {
    let whole = Int(sum >= 0 ? sum + 0.5 : sum - 0.5)
    return UInt16(UInt8(clamping: whole >> 8)) << 8 | UInt16(UInt8(clamping: whole % 256))
  }
}
