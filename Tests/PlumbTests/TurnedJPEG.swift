import Foundation

/// Photographs that lie on their side.
enum TurnedJPEG {
  /// A JPEG whose EXIF block says that a viewer is to turn it by 90° clockwise.
  static func marking(_ jpeg: Data) -> Data {
    let block = Data(
      [0xFF, 0xE1, 0, 34] + Array("Exif\0\0".utf8) + [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1]
        + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0])
    return jpeg.prefix(2) + block + jpeg.dropFirst(2)
  }
}
