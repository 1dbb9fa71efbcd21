/// A picture that has been decoded, resized and cropped: what the image tower takes.
///
/// The pixels stay 8-bit RGB; the tower normalises them while it cuts patches, with the table of
/// ``PixelNormalization``, so a prepared ViT-B/32 picture holds 150 kB and not 600.
public struct PreparedImage: Sendable {
  /// Height of the picture, in pixels.
  public let height: Int
  /// Width of the picture, in pixels.
  public let width: Int
  /// Interleaved RGB, `height × width × 3` bytes, the top row first.
  public let pixels: [UInt8]

  /// Creates a picture from its pixels.
  public init(height: Int, width: Int, pixels: [UInt8]) {
    self.height = height
    self.width = width
    self.pixels = pixels
  }
}

/// Per-channel normalisation of 8-bit pixels, as the reference computes it: `(value · scale − mean) / std`.
public struct PixelNormalization: Sendable, Equatable {
  /// 3 × 256 numbers: the normalised value of each byte, for red, green and blue.
  public let table: [Float]

  /// Creates a table from three rows of 256.
  public init(table: [Float]) {
    self.table = table
  }
}
