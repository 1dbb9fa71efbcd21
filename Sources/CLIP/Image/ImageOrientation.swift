import Files
import Foundation

/// How a camera was held: EXIF's orientation, whose raw values these are.
enum ImageOrientation: Int {
  case upright = 1
  case mirrored = 2
  case turnedAround = 3
  case mirroredUpsideDown = 4
  case transposed = 5
  case turnedLeft = 6
  case transverse = 7
  case turnedRight = 8

  /// The orientation that the EXIF block of an image file names; upright when there is none, or an unreadable one.
  init(of bytes: UnsafeRawBufferPointer) {
    let block: Slice<UnsafeRawBufferPointer>? =
      switch ImageFormat(of: bytes) {
      case .jpeg: Self.blockInJPEG(bytes)
      case .png: Self.blockInPNG(bytes)
      case .webp: Self.blockInWebP(bytes)
      case .tiff: bytes[...]
      case .bmp, .gif, .avif, .heic, nil: nil
      }
    self = block.flatMap { EXIFReader(UnsafeRawBufferPointer(rebasing: $0)).orientation } ?? .upright
  }

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= 5 }

  /// The stored pixel that the upright image shows at `row` and `column`; `height × width` is the stored size.
  func source(row: Int, column: Int, height: Int, width: Int) -> (row: Int, column: Int) {
    switch self {
    case .upright: (row, column)
    case .mirrored: (row, width - 1 - column)
    case .turnedAround: (height - 1 - row, width - 1 - column)
    case .mirroredUpsideDown: (height - 1 - row, column)
    case .transposed: (column, row)
    case .turnedLeft: (height - 1 - column, row)
    case .transverse: (height - 1 - column, width - 1 - row)
    case .turnedRight: (column, width - 1 - row)
    }
  }

  /// `height × width` values of some bytes each, turned upright into memory of their own, for `free`; nil when there is
  /// none.
  func turned(
    _ source: UnsafePointer<UInt8>, height: Int, width: Int, bytes: Int
  ) -> UnsafeMutablePointer<UInt8>? {
    let memory = UnsafeMutableRawPointer(malloc(height * width * bytes))
    guard let target = memory?.assumingMemoryBound(to: UInt8.self) else { return nil }
    let (newHeight, newWidth) = swapsSides ? (width, height) : (height, width)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (row, column) = self.source(row: y, column: x, height: height, width: width)
        let from = source + (row * width + column) * bytes
        let to = target + (y * newWidth + x) * bytes
        for byte in 0..<bytes { to[byte] = from[byte] }
      }
    }
    return target
  }

  private static func blockInJPEG(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    var at = 2
    while at + 4 <= bytes.count {
      guard bytes[at] == 0xFF else { return nil }
      let marker = bytes[at + 1]
      if marker == 0xFF {
        at += 1
        continue
      }
      if marker == 0xDA || marker == 0xD9 { return nil }
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      let end = at + 2 + length
      guard length >= 2, end <= bytes.count else { return nil }
      let segment = bytes[(at + 4)..<max(at + 4, end)]
      if marker == 0xE1 && segment.starts(with: "Exif\0\0".utf8) { return segment.dropFirst(6) }
      at = end
    }
    return nil
  }

  private static func blockInPNG(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    var at = 8
    while at + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
      guard length <= bytes.count - at - 12 else { return nil }
      if bytes[(at + 4)..<(at + 8)].elementsEqual("eXIf".utf8) { return bytes[(at + 8)..<(at + 8 + length)] }
      at += 12 + length
    }
    return nil
  }

  private static func blockInWebP(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    var at = 12
    while at + 8 <= bytes.count {
      let length = (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[at + 4 + $1]) }
      guard length <= bytes.count - at - 8 else { return nil }
      if bytes[at..<(at + 4)].elementsEqual("EXIF".utf8) {
        let block = bytes[(at + 8)..<(at + 8 + length)]
        return block.starts(with: "Exif\0\0".utf8) ? block.dropFirst(6) : block
      }
      at += 8 + length + (length & 1)
    }
    return nil
  }
}
