import Foundation

/// Images that differ much, made by number.
enum StripedImage {
  /// A bitmap of 24 × 24 pixels, or of others whose side is a multiple of four, in stripes that differ from number to number.
  static func bitmap(_ number: Int, side: Int = 24) -> Data {
    let pixels = (0..<side * side).flatMap { place -> [UInt8] in
      let (x, y) = (place % side, place / side)
      return [
        UInt8((x * 11 * number) & 255), UInt8((y * 37 + 60 * number) & 255),
        UInt8((x * y * (number + 1)) & 255),
      ]
    }
    return bitmap(pixels, width: side, height: side)
  }

  /// A bitmap of pixels in a bitmap's own order: the lower rows and blue first, rows filled up to a multiple of four bytes.
  static func bitmap(_ pixels: [UInt8], width: Int, height: Int) -> Data {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let header = Array("BM".utf8) + bytes(54 + pixels.count, 4) + bytes(0, 4) + bytes(54, 4)
    let format = bytes(40, 4) + bytes(width, 4) + bytes(height, 4) + bytes(1, 2) + bytes(24, 2) + bytes(0, 24)
    return Data(header + format + pixels)
  }

  /// The red, green and blue of a bitmap's pixels, the upper rows first: the file has the lower ones and blue first.
  static func pixels(_ bitmap: Data, side: Int = 24) -> [UInt8] {
    let stored = [UInt8](bitmap.dropFirst(54))
    return (0..<side * side).flatMap { place in
      let start = ((side - 1 - place / side) * side + place % side) * 3
      return [stored[start + 2], stored[start + 1], stored[start]]
    }
  }
}
