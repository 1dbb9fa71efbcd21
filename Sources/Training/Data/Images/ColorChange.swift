/// Brightness, contrast and saturation of 8-bit RGB pixels, to the last bit as torchvision changes tensors of bytes.
///
/// `adjust_brightness`, `adjust_contrast` and `adjust_saturation` of `torchvision.transforms.functional`: the image
/// and black, the mean of its grey, or each pixel's grey are blended in float, limited to 0…255 and cut to whole numbers.
package struct ColorChange: Equatable {
  /// The factor of brightness.
  package var brightness: Double
  /// The factor of contrast.
  package var contrast: Double
  /// The factor of saturation.
  package var saturation: Double

  /// Creates a change; factors of 1 change nothing.
  package init(brightness: Double = 1, contrast: Double = 1, saturation: Double = 1) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
  }

  /// Changes the pixels in place.
  package func apply(to pixels: inout [UInt8]) {
    if brightness != 1 { Self.map(&pixels, Self.table(brightness, about: 0)) }
    if contrast != 1 { Self.map(&pixels, Self.table(contrast, about: Self.meanGrey(of: pixels))) }
    if saturation != 1 { saturate(&pixels) }
  }

  private static func table(_ factor: Double, about other: Float) -> [UInt8] {
    let (mine, others) = (Float(factor), Float(1 - factor))
    return (0..<256).map { cut(mine * Float($0) + others * other) }
  }

  @inline(__always)
  private static func cut(_ value: Float) -> UInt8 { UInt8(max(0, min(value, 255))) }

  private static func map(_ pixels: inout [UInt8], _ table: [UInt8]) {
    table.withUnsafeBufferPointer { table in
      pixels.withUnsafeMutableBufferPointer { pixels in
        for i in pixels.indices { pixels[i] = table[Int(pixels[i])] }
      }
    }
  }

  @inline(__always)
  private static func grey(_ r: UInt8, _ g: UInt8, _ b: UInt8) -> Float {
    (0.2989 * Float(r) + 0.587 * Float(g) + 0.114 * Float(b)).rounded(.towardZero)
  }

  private static func meanGrey(of pixels: [UInt8]) -> Float {
    let count = pixels.count / 3
    guard count > 0 else { return 0 }
    var sum = 0
    pixels.withUnsafeBufferPointer { pixels in
      for i in 0..<count { sum += Int(grey(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])) }
    }
    return Float(Double(sum) / Double(count))
  }

  private func saturate(_ pixels: inout [UInt8]) {
    let (mine, others) = (Float(saturation), Float(1 - saturation))
    pixels.withUnsafeMutableBufferPointer { pixels in
      for i in 0..<pixels.count / 3 {
        let (r, g, b) = (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])
        let part = others * Self.grey(r, g, b)
        pixels[3 * i] = Self.cut(mine * Float(r) + part)
        pixels[3 * i + 1] = Self.cut(mine * Float(g) + part)
        pixels[3 * i + 2] = Self.cut(mine * Float(b) + part)
      }
    }
  }
}
