import CImageCodecs

/// Resizes an image in the mode in which it is stored, as Pillow's `Image.resize` does, and makes a window of it RGB.
///
/// | mode of Pillow | what is mixed |
/// |---|---|
/// | `RGB`, `L` | each channel |
/// | `1`, `P` | nothing: the nearest pixel, whatever the filter |
/// | `RGBA`, `LA` | colours multiplied by alpha, and alpha; divided again afterwards |
/// | `CMYK` | the inks |
/// | `I;16` | the samples, in double precision |
/// | `PA` | nothing: Pillow loses the palette, and what remains is black |
struct StoredModeResampler {
  /// The filter.
  let filter: Resampling
  /// The size to resize to, and the window.
  let geometry: ImageGeometry

  private var size: (height: Int, width: Int) { (geometry.resizedHeight, geometry.resizedWidth) }
  private var count: Int { geometry.rows.count * geometry.columns.count }

  /// RGB of the window; nil when there is no memory for it.
  func window(of image: borrowing DecodedImage) -> [UInt8]? {
    // An image that has its size already is copied, and nearest pixels are the same in any mode.
    let isResized = (image.height, image.width) != size
    let isMixed = filter != .nearest && isResized
    switch image.mode {
    case image_mode_alpha where isMixed && !isOpaque(image): return alpha(image)
    case image_mode_inks: return inks(image)
    case image_mode_gray16 where isMixed: return gray16(image)
    case image_mode_palette_alpha where isResized: return [UInt8](repeating: 0, count: count * 3)
    case image_mode_chosen: return pixels(image, filter: .nearest)
    default: return pixels(image, filter: filter)
    }
  }

  /// The colour of a margin of `fill` in each channel of the image's mode.
  static func fill(_ fill: UInt8, of image: borrowing DecodedImage) -> SIMD3<UInt8> {
    switch image.mode {
    case image_mode_inks:
      var rgb = SIMD3<UInt8>()
      let inks = [fill, fill, fill]
      withUnsafeMutableBytes(of: &rgb) {
        image_inks_to_rgb(inks, fill, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
      return rgb
    case image_mode_palette_alpha: return SIMD3()
    case image_mode_chosen:
      return image.paletteColor(fill) ?? SIMD3(repeating: fill == 0 ? 0 : 255)
    default: return SIMD3(repeating: fill)
    }
  }

  private func pixels(_ image: borrowing DecodedImage, filter: Resampling) -> [UInt8]? {
    let (height, width) = (image.height, image.width)
    return image.withPixels { window(of: $0, height: height, width: width, filter: filter) } ?? nil
  }

  private func window(
    of pixels: UnsafePointer<UInt8>, height: Int, width: Int, filter: Resampling
  ) -> [UInt8]? {
    Resampler(filter: filter).window(
      of: pixels, height: height, width: width, resizedTo: size, rows: geometry.rows,
      columns: geometry.columns)
  }

  /// The window of the plane, each value three times, as the loops for RGB make it.
  private func plane(_ image: borrowing DecodedImage, filter: Resampling) -> [UInt8]? {
    let (height, width) = (image.height, image.width)
    return image.withPlane { plane -> [UInt8]? in
      var triple = [UInt8](repeating: 0, count: height * width * 3)
      for i in 0..<(height * width) {
        triple[3 * i] = plane[i]
        triple[3 * i + 1] = plane[i]
        triple[3 * i + 2] = plane[i]
      }
      return triple.withUnsafeBufferPointer { triple in
        triple.baseAddress.flatMap { window(of: $0, height: height, width: width, filter: filter) }
      }
    } ?? nil
  }

  /// Whether nothing shines through: then alpha stays 255, since the errors of fewer weights than these sum to less
  /// than a half.
  private func isOpaque(_ image: borrowing DecodedImage) -> Bool {
    let count = image.height * image.width
    guard max(image.height, image.width) < 1 << 13 else { return false }
    return image.withPlane { plane in (0..<count).allSatisfy { plane[$0] == 255 } } ?? false
  }

  private func alpha(_ image: borrowing DecodedImage) -> [UInt8]? {
    let (height, width) = (image.height, image.width)
    guard let alpha = plane(image, filter: filter) else { return nil }
    let mixed = image.withPixels { pixels -> [UInt8]? in
      let product = image.withPlane { plane in
        [UInt8](unsafeUninitializedCapacity: height * width * 3) { product, count in
          image_multiply_alpha(pixels, plane, height * width, product.baseAddress)
          count = height * width * 3
        }
      }
      return product?.withUnsafeBufferPointer { product in
        product.baseAddress.flatMap { window(of: $0, height: height, width: width, filter: filter) }
      } ?? nil
    }
    guard var result = mixed ?? nil else { return nil }
    image_divide_alpha(&result, alpha, 3, count)
    return result
  }

  private func inks(_ image: borrowing DecodedImage) -> [UInt8]? {
    guard let black = plane(image, filter: filter), let own = pixels(image, filter: filter) else {
      return nil
    }
    return [UInt8](unsafeUninitializedCapacity: own.count) { rgb, count in
      own.withUnsafeBufferPointer { own in
        guard let from = own.baseAddress, let to = rgb.baseAddress else { return }
        for i in 0..<self.count { image_inks_to_rgb(from + 3 * i, black[3 * i], to + 3 * i) }
      }
      count = own.count
    }
  }

  private func gray16(_ image: borrowing DecodedImage) -> [UInt8]? {
    let (height, width) = (image.height, image.width)
    return image.withPlane { plane -> [UInt8] in
      let samples = UnsafeRawPointer(plane).withMemoryRebound(to: UInt16.self, capacity: height * width) {
        WideResampler(filter: filter).window(
          of: $0, height: height, width: width, resizedTo: size, rows: geometry.rows,
          columns: geometry.columns)
      }
      return samples.flatMap { sample in
        let value = UInt8(clamping: sample)
        return [value, value, value]
      }
    }
  }
}
