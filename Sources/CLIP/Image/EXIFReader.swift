/// Reads the first directory of an EXIF block, which is a small TIFF file.
struct EXIFReader {
  private let bytes: UnsafeRawBufferPointer
  private let isLittleEndian: Bool

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    isLittleEndian = bytes.starts(with: "II".utf8)
  }

  /// The orientation, or `nil` when there is none or it makes no sense.
  var orientation: ImageOrientation? {
    guard isLittleEndian || bytes.starts(with: "MM".utf8), number(at: 2, width: 2) == 42,
      let directory = number(at: 4, width: 4), let entries = number(at: directory, width: 2)
    else { return nil }
    for entry in 0..<entries {
      let at = directory + 2 + entry * 12
      guard let tag = number(at: at, width: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      guard number(at: at + 2, width: 2) == 3, let value = number(at: at + 8, width: 2) else { return nil }
      return ImageOrientation(rawValue: value)
    }
    return nil
  }

  private func number(at offset: Int, width: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - width else { return nil }
    return (0..<width).reduce(0) { sum, i in
      sum << 8 | Int(bytes[offset + (isLittleEndian ? width - 1 - i : i)])
    }
  }
}
