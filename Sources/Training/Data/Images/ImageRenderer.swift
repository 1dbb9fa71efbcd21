package import CLIP
import Foundation

/// Makes the numbers of one image: decode, scale, change, normalise.
///
/// A value without state: any number of threads may use one.
package struct ImageRenderer: Sendable {
  let plan: ImagePlan
  let height: Int
  let width: Int
  private let table: [Float]
  /// The whole image as it is.
  private let decoder: ImageLoader
  /// The image as the model takes it.
  private let preparer: ImageLoader

  package init(_ plan: ImagePlan) throws(DataError) {
    try plan.augmentation?.check()
    self.plan = plan
    (height, width) = try plan.size()
    table = plan.preprocessing.normalization.table
    var whole = plan.preprocessing
    (whole.size, whole.crop) = (.unchanged, nil)
    decoder = ImageLoader(preprocessing: whole)
    preparer = ImageLoader(preprocessing: plan.preprocessing)
  }

  /// Numbers of an image.
  var elementCount: Int { 3 * height * width }

  /// Writes the numbers of an image.
  ///
  /// - Throws: ``DataError``, ``ImageError``.
  func render(
    _ location: ImageLocation, item: Int, random: inout DataRandom, to output: UnsafeMutablePointer<Float>
  ) throws {
    let image = try image(location, item: item, random: &random)
    write(image.pixels, to: output)
    guard let augmentation = plan.augmentation else { return }
    if let box = augmentation.erasedBox(height: height, width: width, random: &random) {
      erase(box, in: output)
    }
  }

  /// The pixels of an image, with all changes but what is erased.
  ///
  /// - Throws: ``DataError``, ``ImageError``.
  package func image(
    _ location: ImageLocation, item: Int, random: inout DataRandom
  ) throws -> PreparedImage {
    guard let augmentation = plan.augmentation else {
      let image = try location.withBytes { try preparer.prepare($0, name: location.name) }
      try check(image, location)
      return image
    }
    let image = try source(location, item: item)
    var pixels: [UInt8]
    if let scale = augmentation.cropScale {
      let box = augmentation.cropBox(
        height: image.height, width: image.width, scale: scale, random: &random)
      let cut = Self.cut(box, of: image)
      let resampler = Resampler(filter: plan.preprocessing.resampling)
      guard let resized = resampler.resize(cut, height: box.height, width: box.width, to: (height, width))
      else { throw ImageError.outOfMemory(file: location.name, width: box.width, height: box.height) }
      pixels = resized
    } else {
      let prepared = try preparer.prepare(image, name: location.name)
      try check(prepared, location)
      pixels = prepared.pixels
    }
    let flips = Double(random.unit()) < augmentation.flip
    let reach = max(0, min(augmentation.translation, height - 1, width - 1))
    let (dx, dy) = (random.below(2 * reach + 1) - reach, random.below(2 * reach + 1) - reach)
    let change = ColorChange(
      brightness: random.factor(augmentation.brightness), contrast: random.factor(augmentation.contrast),
      saturation: random.factor(augmentation.saturation))
    change.apply(to: &pixels)
    if flips || dx != 0 || dy != 0 { pixels = moved(pixels, flips: flips, dx: dx, dy: dy) }
    return PreparedImage(height: height, width: width, pixels: pixels)
  }

  /// The decoded image, from the cache where it is there, scaled down as the cache wants it whether it is or not.
  private func source(_ location: ImageLocation, item: Int) throws -> PreparedImage {
    guard let cache = plan.cache else {
      return try location.withBytes { try decoder.prepare($0, name: location.name) }
    }
    if let image = cache.image(item) { return image }
    let decoded = try location.withBytes { try decoder.prepare($0, name: location.name) }
    let image = try cache.scaled(decoded, name: location.name)
    cache.keep(image, item: item)
    return image
  }

  private func check(_ image: PreparedImage, _ location: ImageLocation) throws(ImageError) {
    guard image.height == height, image.width == width else {
      throw .wrongShape(file: location.name, width: image.width, height: image.height)
    }
  }

  private static func cut(_ box: Augmentation.Box, of image: PreparedImage) -> [UInt8] {
    if box.width == image.width && box.height == image.height { return image.pixels }
    let length = box.width * 3
    return image.pixels.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: box.height * length) { target, count in
        for row in 0..<box.height {
          let start = ((box.y + row) * image.width + box.x) * 3
          _ = target[(row * length)...].update(fromContentsOf: source[start..<start + length])
        }
        count = box.height * length
      }
    }
  }

  /// The pixels, shifted by (dx, dy) with mirrored borders, then flipped.
  private func moved(_ pixels: [UInt8], flips: Bool, dx: Int, dy: Int) -> [UInt8] {
    func mirrored(_ index: Int, _ length: Int) -> Int {
      index < 0 ? -index : index >= length ? 2 * length - 2 - index : index
    }
    let columns = (0..<width).map { mirrored((flips ? width - 1 - $0 : $0) - dx, width) * 3 }
    return pixels.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
        var at = 0
        for y in 0..<height {
          let row = mirrored(y - dy, height) * width * 3
          for column in columns {
            target[at] = source[row + column]
            target[at + 1] = source[row + column + 1]
            target[at + 2] = source[row + column + 2]
            at += 3
          }
        }
        count = at
      }
    }
  }

  private func write(_ pixels: [UInt8], to output: UnsafeMutablePointer<Float>) {
    let area = height * width
    pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        for channel in 0..<3 {
          let (start, step) = plan.layout == .planar ? (channel * area, 1) : (channel, 3)
          for i in 0..<area {
            output[start + i * step] = table[channel * 256 + Int(pixels[3 * i + channel])]
          }
        }
      }
    }
  }

  private func erase(_ box: Augmentation.Box, in output: UnsafeMutablePointer<Float>) {
    for y in box.y..<box.y + box.height {
      switch plan.layout {
      case .planar:
        for channel in 0..<3 {
          (output + (channel * height + y) * width + box.x).update(repeating: 0, count: box.width)
        }
      case .interleaved:
        (output + (y * width + box.x) * 3).update(repeating: 0, count: box.width * 3)
      }
    }
  }
}

extension DataRandom {
  /// A factor within 1 ± `spread`, not below 0; a number is drawn in any case, so that one setting does not move others.
  fileprivate mutating func factor(_ spread: Double) -> Double {
    let number = uniform(in: 0.0...1.0)
    guard spread > 0 else { return 1 }
    let low = max(0, 1 - spread)
    return low + number * (1 + spread - low)
  }
}
