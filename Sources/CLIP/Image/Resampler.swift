import CImageCodecs

/// Resizes 8-bit RGB pixels to the last bit as Pillow's `Image.resize` does, computing only a window of the result.
///
/// Two passes with 8-bit samples between them; a pass is left out when its length does not change. ``ReferenceResampler`` says the same in the plainest loops, and a test holds the two together.
package struct Resampler {
  /// The longest side that is resized: the weights of longer ones would take gigabytes.
  static let longestSide = 1 << 24

  /// The filter.
  package var filter: Resampling

  /// Whether the loops for any processor run, and not those for this one.
  package var isPortable: Bool

  /// Creates a resampler with a filter.
  package init(filter: Resampling, isPortable: Bool = false) {
    self.filter = filter
    self.isPortable = isPortable
  }

  private var build: resampling_build { isPortable ? resampling_build_portable : resampling_build_native }

  /// `pixels`, of `height × width × 3` bytes, resized; a window of the result where one is named.
  package func resize(
    _ pixels: [UInt8], height: Int, width: Int, to size: (height: Int, width: Int),
    rows: Range<Int>? = nil, columns: Range<Int>? = nil
  ) -> [UInt8]? {
    pixels.withUnsafeBufferPointer { pixels in
      pixels.baseAddress.flatMap {
        window(
          of: $0, height: height, width: width, resizedTo: size, rows: rows ?? 0..<size.height,
          columns: columns ?? 0..<size.width)
      }
    }
  }

  /// The window `rows × columns` of the image resized to `size`; `nil` when there is no memory for it.
  ///
  /// `pixels` holds `height × width × 3` bytes; both windows are not empty and lie in the resized image.
  func window(
    of pixels: UnsafePointer<UInt8>, height: Int, width: Int, resizedTo size: (height: Int, width: Int),
    rows: Range<Int>, columns: Range<Int>
  ) -> [UInt8]? {
    guard max(height, width) <= Self.longestSide else { return nil }
    if filter == .nearest {
      return nearest(pixels, height: height, width: width, size: size, rows: rows, columns: columns)
    }
    let vertical =
      size.height == height
      ? nil : ResamplingWeights(filter, inputLength: height, outputLength: size.height, outputs: rows)
    let horizontal =
      size.width == width
      ? nil : ResamplingWeights(filter, inputLength: width, outputLength: size.width, outputs: columns)
    switch (vertical, horizontal) {
    case (nil, nil):
      return Self.copy(pixels, rowBytes: width * 3, rows: rows, columns: columns)
    case (nil, let horizontal?):
      return resizeWidth(pixels, rowBytes: width * 3, rows: rows, horizontal)
    case (let vertical?, nil):
      return resizeHeight(pixels, rowBytes: width * 3, columns: columns, vertical)
    case (let vertical?, let horizontal?):
      let (inputRows, inputColumns) = (vertical.inputs, horizontal.inputs)
      if Self.startsWithHeight(height: height, width: width, size: size) {
        let lowered = resizeHeight(pixels, rowBytes: width * 3, columns: inputColumns, vertical)
        return resizeWidth(
          lowered, rowBytes: inputColumns.count * 3, rows: 0..<rows.count,
          horizontal.shifted(by: inputColumns.lowerBound))
      }
      return resizeWidth(pixels, rowBytes: width * 3, rows: inputRows, horizontal).map { narrowed in
        resizeHeight(
          narrowed, rowBytes: columns.count * 3, columns: 0..<columns.count,
          vertical.shifted(by: inputRows.lowerBound))
      }
    }
  }

  /// Whether Pillow resizes the height before the width: since version 13 it does where the height shrinks by more
  /// than twice what the width does. The samples between the passes are rounded, so the order shows.
  static func startsWithHeight(height: Int, width: Int, size: (height: Int, width: Int)) -> Bool {
    height > size.height && height - size.height > 2 * (width - size.width)
  }

  private func resizeWidth(
    _ pixels: UnsafePointer<UInt8>, rowBytes: Int, rows: Range<Int>, _ weights: ResamplingWeights
  ) -> [UInt8]? {
    let byteCount = rows.count * weights.bounds.count / 2 * 3
    var failed = false
    let result = [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
      failed =
        weights.withUnsafeWeights {
          resample_width(
            pixels + rows.lowerBound * rowBytes, rowBytes, rows.count, weights.inputs.lowerBound,
            weights.inputs.count, $0, build, output.baseAddress)
        } != 0
      count = failed ? 0 : byteCount
    }
    return failed ? nil : result
  }

  private func resizeHeight(
    _ pixels: UnsafePointer<UInt8>, rowBytes: Int, columns: Range<Int>, _ weights: ResamplingWeights
  ) -> [UInt8] {
    let byteCount = weights.bounds.count / 2 * columns.count * 3
    return [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
      weights.withUnsafeWeights {
        resample_height(
          pixels + columns.lowerBound * 3, rowBytes, columns.count * 3, $0, build, output.baseAddress)
      }
      count = byteCount
    }
  }

  private static func copy(
    _ pixels: UnsafePointer<UInt8>, rowBytes: Int, rows: Range<Int>, columns: Range<Int>
  ) -> [UInt8] {
    let length = columns.count * 3
    return [UInt8](unsafeUninitializedCapacity: rows.count * length) { result, count in
      for (index, row) in rows.enumerated() {
        let source = UnsafeBufferPointer(
          start: pixels + row * rowBytes + columns.lowerBound * 3, count: length)
        _ = result[(index * length)...].update(fromContentsOf: source)
      }
      count = rows.count * length
    }
  }

  private func nearest(
    _ pixels: UnsafePointer<UInt8>, height: Int, width: Int, size: (height: Int, width: Int),
    rows: Range<Int>, columns: Range<Int>
  ) -> [UInt8] {
    let sourceRows = Self.nearestInputs(inputLength: height, outputLength: size.height, outputs: rows)
    let sourceColumns = Self.nearestInputs(inputLength: width, outputLength: size.width, outputs: columns)
    var result: [UInt8] = []
    result.reserveCapacity(rows.count * columns.count * 3)
    for row in sourceRows {
      for column in sourceColumns {
        result += UnsafeBufferPointer(start: pixels + (row * width + column) * 3, count: 3)
      }
    }
    return result
  }

  /// Pillow steps along the inputs by adding the scale, so the rounding of the sums is part of the result.
  static func nearestInputs(inputLength: Int, outputLength: Int, outputs: Range<Int>) -> [Int] {
    let scale = Double(inputLength) / Double(outputLength)
    var position = scale * 0.5
    var result: [Int] = []
    result.reserveCapacity(outputs.count)
    for output in 0..<outputs.upperBound {
      if output >= outputs.lowerBound { result.append(min(Int(position), inputLength - 1)) }
      position += scale
    }
    return result
  }
}

extension ResamplingWeights {
  /// Calls `body` with the weights as C sees them.
  func withUnsafeWeights<R>(_ body: (UnsafePointer<resampling_weights>) -> R) -> R {
    bounds.withUnsafeBufferPointer { bounds in
      weights.withUnsafeBufferPointer { weights in
        var view = resampling_weights(
          bounds: bounds.baseAddress, weights: weights.baseAddress, stride: stride, outputs: bounds.count / 2)
        return withUnsafePointer(to: &view, body)
      }
    }
  }
}
