import CImageCodecs
import Foundation

/// The pixels that a decoder made, 8-bit RGB, freed when the value goes.
struct DecodedImage: ~Copyable {
  private var picture: picture

  /// Height in pixels.
  var height: Int { Int(picture.height) }
  /// Width in pixels.
  var width: Int { Int(picture.width) }

  /// Decodes `bytes`; `name` is what errors call them.
  ///
  /// Throws ``ImageError``.
  init(
    _ bytes: UnsafeRawBufferPointer, name: String, pixelLimit: Int,
    transparency: ImagePreprocessing.Transparency
  ) throws(ImageError) {
    picture = try Self.decode(bytes, name: name, pixelLimit: pixelLimit, transparency: transparency)
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, name: String, pixelLimit: Int,
    transparency: ImagePreprocessing.Transparency
  ) throws(ImageError) -> picture {
    guard !bytes.isEmpty else { throw .empty(file: name) }
    guard let format = ImageFormat(of: bytes) else {
      throw .notSupported(file: name, found: ImageFormat.describeUnsupported(bytes))
    }
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    let limit = UInt64(max(pixelLimit, 0))
    let alpha =
      transparency == .overWhite ? picture_transparency_over_white : picture_transparency_dropped
    var picture = CImageCodecs.picture()
    let status =
      switch format {
      case .jpeg: picture_decode_jpeg(start, bytes.count, limit, &picture)
      case .png: picture_decode_png(start, bytes.count, limit, alpha, &picture)
      case .webp: picture_decode_webp(start, bytes.count, limit, alpha, &picture)
      }
    guard status != picture_ok else { return picture }
    throw error(status, picture, name: name, format: format, limit: pixelLimit)
  }

  deinit {
    var picture = picture
    picture_free(&picture)
  }

  /// Calls `body` with `height × width × 3` bytes.
  borrowing func withPixels<R>(_ body: (UnsafePointer<UInt8>) throws -> R) rethrows -> R? {
    guard let pixels = picture.pixels else { return nil }
    return try body(pixels)
  }

  /// Turns the pixels upright; a picture that is upright already stays as it is. Throws when there is no memory.
  mutating func turn(_ orientation: ImageOrientation, name: String) throws(ImageError) {
    guard orientation != .upright, let source = picture.pixels else { return }
    let (oldHeight, oldWidth) = (height, width)
    let memory = UnsafeMutableRawPointer(malloc(oldHeight * oldWidth * 3))
    guard let target = memory?.assumingMemoryBound(to: UInt8.self) else {
      throw .outOfMemory(file: name, width: oldWidth, height: oldHeight)
    }
    let (newHeight, newWidth) = orientation.swapsSides ? (oldWidth, oldHeight) : (oldHeight, oldWidth)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (row, column) = orientation.source(row: y, column: x, height: oldHeight, width: oldWidth)
        let from = source + (row * oldWidth + column) * 3
        let to = target + (y * newWidth + x) * 3
        (to[0], to[1], to[2]) = (from[0], from[1], from[2])
      }
    }
    picture_free(&picture)
    picture.pixels = target
    (picture.height, picture.width) = (UInt32(newHeight), UInt32(newWidth))
  }

  /// Keeps a rectangle, black where there is no picture. Throws when it is empty, too large, or there is no memory.
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
    // The picture in the coordinates of the box; clamped first, so that no sum leaves the range of numbers.
    let (x, y) = (max(-1 << 30, min(box.x, 1 << 30)), max(-1 << 30, min(box.y, 1 << 30)))
    let columns = max(0, x)..<max(max(0, x), min(width, x + box.width))
    if let source = picture.pixels, !columns.isEmpty {
      for row in max(0, y)..<max(max(0, y), min(height, y + box.height)) {
        let from = source + (row * width + columns.lowerBound) * 3
        let to = target + ((row - y) * box.width + columns.lowerBound - x) * 3
        to.update(from: from, count: columns.count * 3)
      }
    }
    picture_free(&picture)
    picture.pixels = target
    (picture.height, picture.width) = (UInt32(box.height), UInt32(box.width))
  }

  private static func error(
    _ status: picture_status, _ picture: picture, name: String, format: ImageFormat, limit: Int
  ) -> ImageError {
    let message = withUnsafeBytes(of: picture.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let (width, height) = (Int(picture.width), Int(picture.height))
    return switch status {
    case picture_truncated: .truncated(file: name, format: format)
    case picture_unsupported: .unsupportedFlavor(file: name, format: format, reason: message)
    case picture_too_large: .tooLarge(file: name, width: width, height: height, limit: limit)
    case picture_out_of_memory: .outOfMemory(file: name, width: width, height: height)
    default: .damaged(file: name, format: format, reason: message)
    }
  }
}
