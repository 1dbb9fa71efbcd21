import CImageCodecs
import Files
import Foundation

/// The pixels that a decoder made, freed when the value goes: 8-bit RGB, or the mode in which the file has them.
struct DecodedImage: ~Copyable {
  private var image: image

  /// What a decoder makes of colours.
  enum Conversion {
    /// RGB, with transparency dropped or laid over white.
    case rgb(ImagePreprocessing.Transparency)
    /// The mode in which Pillow opens the file.
    case asStored
  }

  /// Height in pixels.
  var height: Int { Int(image.height) }
  /// Width in pixels.
  var width: Int { Int(image.width) }

  /// What the pixels are.
  var mode: image_mode { image.mode }

  /// Decodes `bytes`; `name` is what errors call them.
  ///
  /// - Parameter leastSide: where more than 0, a JPEG may come at a fraction of its size, with the longer side no shorter.
  ///
  /// Throws ``ImageError``.
  init(
    _ bytes: UnsafeRawBufferPointer, name: String, pixelLimit: Int, conversion: Conversion,
    honoursEXIF: Bool, leastSide: Int = 0
  ) throws(ImageError) {
    image = try Self.decode(
      bytes, name: name, pixelLimit: pixelLimit, conversion: conversion, honoursEXIF: honoursEXIF,
      leastSide: leastSide)
  }

  private static func format(of bytes: UnsafeRawBufferPointer, name: String) throws(ImageError) -> ImageFormat
  {
    guard !bytes.isEmpty else { throw .empty(file: name) }
    guard let format = ImageFormat(of: bytes) else {
      if let placeholder = PlaceholderFile(bytes) {
        throw .placeholder(file: name, what: placeholder.what, remedy: placeholder.remedy)
      }
      throw .notSupported(file: name, found: ImageFormat.describeUnsupported(bytes))
    }
    return format
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, name: String, pixelLimit: Int, conversion: Conversion,
    honoursEXIF: Bool, leastSide: Int
  ) throws(ImageError) -> image {
    let format = try format(of: bytes, name: name)
    // What turns a HEIC is part of the image to all readers; what turns an AVIF is its orientation to Pillow.
    let turns = honoursEXIF || format == .heic
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    let limit = UInt64(max(pixelLimit, 0))
    let conversion =
      switch conversion {
      case .rgb(.dropped): image_to_rgb
      case .rgb(.overWhite): image_to_rgb_over_white
      case .asStored: image_as_stored
      }
    var image = CImageCodecs.image()
    let status =
      switch format {
      case .jpeg:
        image_decode_jpeg(start, bytes.count, limit, UInt32(clamping: leastSide), conversion, &image)
      case .png: image_decode_png(start, bytes.count, limit, conversion, &image)
      case .webp: image_decode_webp(start, bytes.count, limit, conversion, &image)
      case .bmp: image_decode_bmp(start, bytes.count, limit, conversion, &image)
      case .gif: image_decode_gif(start, bytes.count, limit, conversion, &image)
      case .tiff: image_decode_tiff(start, bytes.count, limit, conversion, &image)
      case .avif, .heic:
        image_decode_heif(start, bytes.count, limit, conversion, turns ? 1 : 0, &image)
      }
    guard status != image_ok else { return image }
    throw error(status, image, name: name, format: format, limit: pixelLimit)
  }

  deinit {
    var image = image
    image_free(&image)
  }

  /// Calls `body` with `height × width × 3` bytes.
  borrowing func withPixels<R>(_ body: (UnsafePointer<UInt8>) throws -> R) rethrows -> R? {
    guard let pixels = image.pixels else { return nil }
    return try body(pixels)
  }

  /// Calls `body` with the values beside the pixels, `height × width` of them, where the mode has some.
  borrowing func withPlane<R>(_ body: (UnsafePointer<UInt8>) throws -> R) rethrows -> R? {
    guard let plane = image.plane else { return nil }
    return try body(plane)
  }

  /// The colour of a number in the palette, or nil where there is no palette.
  func paletteColor(_ number: UInt8) -> SIMD3<UInt8>? {
    guard let palette = image.palette else { return nil }
    let start = 3 * Int(number)
    return SIMD3(palette[start], palette[start + 1], palette[start + 2])
  }

  /// Turns the pixels upright; an image that is upright already stays as it is. Throws when there is no memory.
  mutating func turn(_ orientation: ImageOrientation, name: String) throws(ImageError) {
    guard orientation != .upright, let source = image.pixels else { return }
    let (oldHeight, oldWidth) = (height, width)
    func turned(_ source: UnsafePointer<UInt8>, bytes: Int) throws(ImageError) -> UnsafeMutablePointer<UInt8>
    {
      guard
        let target = orientation.turned(source, height: oldHeight, width: oldWidth, bytes: bytes)
      else { throw .outOfMemory(file: name, width: oldWidth, height: oldHeight) }
      return target
    }
    let pixels = try turned(source, bytes: 3)
    free(image.pixels)
    image.pixels = pixels
    if let plane = image.plane {
      let upright = try turned(plane, bytes: image_plane_width(image.mode))
      free(image.plane)
      image.plane = upright
    }
    let (newHeight, newWidth) = orientation.swapsSides ? (oldWidth, oldHeight) : (oldHeight, oldWidth)
    (image.height, image.width) = (UInt32(newHeight), UInt32(newWidth))
  }

  /// Keeps a rectangle of an image in RGB, black where there is no image. Throws when it is empty, too large, or there is no memory.
  mutating func crop(to box: ImageRegion.Box, name: String, pixelLimit: Int) throws(ImageError) {
    guard (1...1 << 24).contains(box.width), (1...1 << 24).contains(box.height) else {
      throw .wrongShape(file: name, width: box.width, height: box.height)
    }
    guard box.width * box.height <= max(pixelLimit, 0) else {
      throw .tooLarge(file: name, width: box.width, height: box.height, limit: pixelLimit)
    }
    guard let target = calloc(box.width * box.height, 3)?.assumingMemoryBound(to: UInt8.self) else {
      throw .outOfMemory(file: name, width: box.width, height: box.height)
    }
    // The image in the coordinates of the box; clamped first, so that no sum leaves the range of numbers.
    let (x, y) = (max(-1 << 30, min(box.x, 1 << 30)), max(-1 << 30, min(box.y, 1 << 30)))
    let columns = max(0, x)..<max(max(0, x), min(width, x + box.width))
    if let source = image.pixels, !columns.isEmpty {
      for row in max(0, y)..<max(max(0, y), min(height, y + box.height)) {
        let from = source + (row * width + columns.lowerBound) * 3
        let to = target + ((row - y) * box.width + columns.lowerBound - x) * 3
        to.update(from: from, count: columns.count * 3)
      }
    }
    image_free(&image)
    image.pixels = target
    (image.height, image.width) = (UInt32(box.height), UInt32(box.width))
  }

  private static func error(
    _ status: image_status, _ image: image, name: String, format: ImageFormat, limit: Int
  ) -> ImageError {
    let message = withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let (width, height) = (Int(image.width), Int(image.height))
    return switch status {
    case image_no_library:
      .missingLibrary(file: name, format: format, package: format.libraryPackage ?? "it")
    case image_truncated: .truncated(file: name, format: format)
    case image_unsupported: .unsupportedFlavor(file: name, format: format, reason: message)
    case image_too_large: .tooLarge(file: name, width: width, height: height, limit: limit)
    case image_out_of_memory: .outOfMemory(file: name, width: width, height: height)
    default: .damaged(file: name, format: format, reason: message)
    }
  }
}
