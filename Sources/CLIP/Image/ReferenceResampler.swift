/// The definition of ``Resampler``: whole images, one sample at a time.
package struct ReferenceResampler {
  /// The filter.
  package var filter: Resampling

  /// Creates a resampler with a filter.
  package init(filter: Resampling) { self.filter = filter }

  /// `pixels`, of `height × width × 3` bytes, resized.
  package func resize(
    _ pixels: [UInt8], height: Int, width: Int, toHeight newHeight: Int, toWidth newWidth: Int
  ) -> [UInt8] {
    // The height goes first where it shrinks by more than twice what the width does: Pillow 13's rule.
    let startsWithHeight = newHeight < height && height - newHeight > 2 * (width - newWidth)
    var result = pixels
    if startsWithHeight { result = resizeHeight(result, height: height, width: width, to: newHeight) }
    if newWidth != width {
      result = resizeWidth(result, height: startsWithHeight ? newHeight : height, width: width, to: newWidth)
    }
    if newHeight != height && !startsWithHeight {
      result = resizeHeight(result, height: height, width: newWidth, to: newHeight)
    }
    return result
  }

  private func resizeWidth(_ pixels: [UInt8], height: Int, width: Int, to newWidth: Int) -> [UInt8] {
    let table = ResamplingWeights(filter, inputLength: width, outputLength: newWidth, outputs: 0..<newWidth)
    var result: [UInt8] = []
    for y in 0..<height {
      for x in 0..<newWidth {
        for channel in 0..<3 {
          result.append(table.sum(for: x) { pixels[(y * width + $0) * 3 + channel] })
        }
      }
    }
    return result
  }

  private func resizeHeight(_ pixels: [UInt8], height: Int, width: Int, to newHeight: Int) -> [UInt8] {
    let table = ResamplingWeights(
      filter, inputLength: height, outputLength: newHeight, outputs: 0..<newHeight)
    var result: [UInt8] = []
    for y in 0..<newHeight {
      for sample in 0..<(width * 3) {
        result.append(table.sum(for: y) { pixels[$0 * width * 3 + sample] })
      }
    }
    return result
  }
}

extension ResamplingWeights {
  /// One output: the weighted sum of its inputs, rounded and clipped.
  fileprivate func sum(for output: Int, input: (Int) -> UInt8) -> UInt8 {
    let first = Int(bounds[2 * output])
    var sum = 1 << (Self.fractionBits - 1)
    for k in 0..<Int(bounds[2 * output + 1]) {
      sum += Int(weights[output * stride + k]) * Int(input(first + k))
    }
    return UInt8(clamping: sum >> Self.fractionBits)
  }
}
