import CImageCodecs
package import Foundation

/// An image file made small for people to look at: upright, as JPEG, without the file's metadata.
package enum Thumbnail {
  /// The most pixels of a file that is made small.
  package static let pixelLimit = 120_000_000
  private static let quality: Int32 = 85

  /// The JPEG of a file's image with no side longer than `side`; smaller images keep their size. Throws ``ImageError``.
  package static func jpeg(contentsOf url: URL, side: Int) throws(ImageError) -> Data {
    let name = url.relativePath
    let bytes = try FileBytes(contentsOf: url, name: name)
    return try bytes.with { bytes throws(ImageError) in try jpeg(bytes, name: name, side: side) }
  }

  /// The same with a file in memory. Throws ``ImageError``.
  package static func jpeg(
    _ bytes: UnsafeRawBufferPointer, name: String, side: Int, pixelLimit: Int = Self.pixelLimit
  ) throws(ImageError) -> Data {
    let image = try pixels(bytes, name: name, side: side, pixelLimit: pixelLimit)
    guard let encoded = encode(image.pixels, height: image.height, width: image.width) else {
      throw .outOfMemory(file: name, width: image.width, height: image.height)
    }
    return encoded
  }

  /// The pixels that ``jpeg(contentsOf:side:)`` encodes. Throws ``ImageError``.
  package static func pixels(contentsOf url: URL, side: Int) throws(ImageError) -> PreparedImage {
    let name = url.relativePath
    let bytes = try FileBytes(contentsOf: url, name: name)
    return try bytes.with { bytes throws(ImageError) in try pixels(bytes, name: name, side: side) }
  }

  private static func pixels(
    _ bytes: UnsafeRawBufferPointer, name: String, side: Int, pixelLimit: Int = Self.pixelLimit
  ) throws(ImageError) -> PreparedImage {
    var image = try DecodedImage(
      bytes, name: name, pixelLimit: pixelLimit, conversion: .rgb(.overWhite), honoursEXIF: true,
      leastSide: side)
    try image.turn(ImageOrientation(of: bytes), name: name)
    let (height, width) = (image.height, image.width)
    let scale = min(1, Double(side) / Double(max(height, width)))
    let newHeight = max(1, Int((Double(height) * scale).rounded()))
    let newWidth = max(1, Int((Double(width) * scale).rounded()))
    let pixels = image.withPixels { pixels in
      Resampler(filter: .bilinear).window(
        of: pixels, height: height, width: width, resizedTo: (newHeight, newWidth), rows: 0..<newHeight,
        columns: 0..<newWidth)
    }
    guard let pixels = pixels ?? nil else {
      throw .outOfMemory(file: name, width: newWidth, height: newHeight)
    }
    return PreparedImage(height: newHeight, width: newWidth, pixels: pixels)
  }

  private static func encode(_ pixels: [UInt8], height: Int, width: Int) -> Data? {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    let status = image_encode_jpeg(pixels, UInt32(width), UInt32(height), quality, &bytes, &count)
    guard status == image_ok, let bytes else { return nil }
    return Data(bytesNoCopy: bytes, count: count, deallocator: .free)
  }
}
