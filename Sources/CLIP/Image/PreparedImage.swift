/// An image that has been decoded, resized and cropped: what the image tower takes.
///
/// The pixels stay 8-bit RGB; the tower normalises them while it cuts patches, with the table of
/// ``PixelNormalization``, so a prepared ViT-B/32 image holds 150 kB and not 600.
public struct PreparedImage: Sendable, Equatable {
  /// Height of the image, in pixels.
  public let height: Int
  /// Width of the image, in pixels.
  public let width: Int
  /// Interleaved RGB, `height × width × 3` bytes, the top row first.
  public let pixels: [UInt8]

  /// Creates an image from its pixels.
  public init(height: Int, width: Int, pixels: [UInt8]) {
    self.height = height
    self.width = width
    self.pixels = pixels
  }
}
