import Foundation

/// Images that differ much, made by number.
enum StripedImage {
  /// A bitmap of 24 × 24 pixels in stripes that differ from number to number.
  static func bitmap(_ number: Int) -> Data {
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    let pixels = (0..<24 * 24).flatMap { place -> [UInt8] in
      let (x, y) = (place % 24, place / 24)
      return [
        UInt8((x * 11 * number) & 255), UInt8((y * 37 + 60 * number) & 255),
        UInt8((x * y * (number + 1)) & 255),
      ]
    }
    let header = Array("BM".utf8) + bytes(54 + pixels.count, 4) + bytes(0, 4) + bytes(54, 4)
    let format = bytes(40, 4) + bytes(24, 4) + bytes(24, 4) + bytes(1, 2) + bytes(24, 2) + bytes(0, 24)
    return Data(header + format + pixels)
  }
}
