import CLIP
import Files
import Foundation
import TestSupport

/// What the peers make of the images in `Fixtures/image`; `make_image_goldens.py` writes it.
struct ImageGolden: Decodable {
  struct Normalization: Decodable {
    var crc: String
    var black: [Float]
  }

  struct Resized: Decodable {
    var seed: UInt64
    var height, width: Int
    var filter: String
    var newHeight, newWidth: Int
    var crc: String
    var first: [UInt8]
  }

  struct Decoded: Decodable {
    var file: String
    var height, width: Int
    var crc: String
    var first: [UInt8]
    var overWhite, upright: String
    var uprightHeight: Int
  }

  struct Truncated: Decodable {
    var file: String
    var length: Int
    var crc: String?
  }

  struct Prepared: Decodable {
    var `case`, file: String
    var height, width: Int
    var crc: String?
    var first: [Float]
  }

  struct Orientation: Decodable {
    var exif: String
    var type, width: Int
    var crc: String
  }

  struct Close: Decodable {
    var file: String
    var height, width: Int
    var bytes: [UInt8]
  }

  var normalization: Normalization
  var resized: [Resized]
  var decoded: [Decoded]
  var truncated: [Truncated]
  var prepared: [Prepared]
  var orientations: [Orientation]
  var close: [Close]

  static let folder = TestData.fixtures().appendingPathComponent("image", isDirectory: true)

  static func load() throws -> ImageGolden {
    let data = try Data(contentsOf: folder.appendingPathComponent("golden.json"))
    return try JSONDecoder().decode(ImageGolden.self, from: data)
  }

  /// Whether the library of a fixture's format is on this machine.
  static func isReadable(_ file: String) throws -> Bool {
    try bytes(file).withUnsafeBytes { ImageFormat(of: $0)?.isReadable ?? false }
  }

  /// The image as it is stored, neither resized nor cropped.
  static let asStored = ImagePreprocessing(size: .unchanged, crop: nil)

  static func bytes(_ file: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent(file))
  }
}

/// CRC-32 as zlib computes it, in hexadecimal.
func crc32(_ bytes: some Sequence<UInt8>) -> String {
  let table = (0..<256).map { index -> UInt32 in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }
  var crc = UInt32.max
  for byte in bytes { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8) }
  let text = String(~crc, radix: 16)
  return String(repeating: "0", count: 8 - text.count) + text
}

/// CRC-32 of the little-endian bytes of numbers.
func crc32(_ numbers: [Float]) -> String {
  crc32(
    numbers.lazy.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
    })
}
