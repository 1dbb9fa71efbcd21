/// Resizes greys of 16 bits to the last bit as Pillow's `Image.resize` does in the mode `I;16`.
///
/// Plain loops: such pictures are rare, and their sums are in double precision, whose order counts.
struct WideResampler {
  /// The filter, not the nearest sample.
  let filter: Resampling

  /// The window `rows × columns` of `height × width` samples resized to `size`.
  func window(
    of samples: UnsafePointer<UInt16>, height: Int, width: Int, resizedTo size: (height: Int, width: Int),
    rows: Range<Int>, columns: Range<Int>
  ) -> [UInt16] {
    let whole = Picture(
      height: height, width: width, samples: Array(UnsafeBufferPointer(start: samples, count: height * width))
    )
    let result: Picture
    if Resampler.startsWithHeight(height: height, width: width, size: size) {
      result = widened(heightened(whole, to: size.height, rows), to: size.width, columns)
    } else {
      result = heightened(widened(whole, to: size.width, columns), to: size.height, rows)
    }
    return result.samples
  }

  private struct Picture {
    var height: Int
    var width: Int
    var samples: [UInt16]
  }

  private func widened(_ picture: Picture, to length: Int, _ outputs: Range<Int>) -> Picture {
    let weights = ExactWeights(filter, inputLength: picture.width, outputLength: length)
    var row = [Double](repeating: 0, count: weights.stride)
    var result = Picture(height: picture.height, width: outputs.count, samples: [])
    result.samples = [UInt16](repeating: 0, count: picture.height * outputs.count)
    for (place, output) in outputs.enumerated() {
      if length == picture.width {
        for y in 0..<picture.height {
          result.samples[y * outputs.count + place] = picture.samples[y * picture.width + output]
        }
        continue
      }
      let inputs = weights.inputs(of: output, weights: &row)
      for y in 0..<picture.height {
        var sum = 0.0
        for (k, x) in inputs.enumerated() { sum += Double(picture.samples[y * picture.width + x]) * row[k] }
        result.samples[y * outputs.count + place] = Self.rounded(sum)
      }
    }
    return result
  }

  private func heightened(_ picture: Picture, to length: Int, _ outputs: Range<Int>) -> Picture {
    let weights = ExactWeights(filter, inputLength: picture.height, outputLength: length)
    var row = [Double](repeating: 0, count: weights.stride)
    var result = Picture(height: outputs.count, width: picture.width, samples: [])
    result.samples.reserveCapacity(outputs.count * picture.width)
    for output in outputs {
      if length == picture.height {
        result.samples += picture.samples[(output * picture.width)..<((output + 1) * picture.width)]
        continue
      }
      let inputs = weights.inputs(of: output, weights: &row)
      for x in 0..<picture.width {
        var sum = 0.0
        for (k, y) in inputs.enumerated() { sum += Double(picture.samples[y * picture.width + x]) * row[k] }
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
