/// Reads the first directory of an EXIF block, which is a small TIFF file.
struct EXIFReader {
  private let bytes: UnsafeRawBufferPointer
  private let isLittleEndian: Bool

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    isLittleEndian = bytes.starts(with: "II".utf8)
  }

  /// The orientation, or `nil` when there is none or it makes no sense.
  ///
  /// The standard wants a SHORT. Other numbers are taken as Pillow's `exif_transpose` takes them, and of several the
  /// first; bytes and texts are not numbers to it.
  var orientation: ImageOrientation? {
    guard isLittleEndian || bytes.starts(with: "MM".utf8), number(at: 2, width: 2) == 42,
      let directory = number(at: 4, width: 4), let entries = number(at: directory, width: 2)
    else { return nil }
    for entry in 0..<entries {
      let at = directory + 2 + entry * 12
      guard let tag = number(at: at, width: 2) else { return nil }
      guard tag == 0x0112 else { continue }
      return value(ofEntryAt: at).flatMap(ImageOrientation.init(rawValue:))
    }
    return nil
  }

  /// The types of TIFF that hold numbers.
  private enum NumberType: Int {
    case short = 3
    case long = 4
    case rational = 5
    case signedByte = 6
    case signedShort = 8
    case signedLong = 9
    case signedRational = 10
    case float = 11
    case double = 12
    case directory = 13
    case long8 = 16

    var width: Int {
      switch self {
      case .signedByte: 1
      case .short, .signedShort: 2
      case .long, .signedLong, .float, .directory: 4
      case .rational, .signedRational, .double, .long8: 8
      }
    }
  }

  /// The first number of an entry, if it has a small whole one.
  private func value(ofEntryAt at: Int) -> Int? {
    guard let type = number(at: at + 2, width: 2).flatMap(NumberType.init(rawValue:)),
      let count = number(at: at + 4, width: 4), count >= 1
    else { return nil }
    var place = at + 8
    if count > 4 / type.width {
      guard let offset = number(at: place, width: 4) else { return nil }
      place = offset
    }
    guard let bits = number(at: place, width: min(type.width, 4)) else { return nil }
    switch type {
    case .short, .long, .signedByte, .signedShort, .signedLong, .directory: return bits
    case .rational, .signedRational:
      // A fraction of small whole numbers, which one in lowest terms over 1 is.
      guard let divisor = number(at: place + 4, width: 4), divisor > 0, bits % divisor == 0 else {
        return nil
      }
      return bits / divisor
    case .float: return Int(exactly: Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .double, .long8:
      guard let rest = number(at: place + 4, width: 4) else { return nil }
      let (high, low) = isLittleEndian ? (rest, bits) : (bits, rest)
      let whole = UInt64(high) << 32 | UInt64(low)
      return type == .double ? Int(exactly: Double(bitPattern: whole)) : Int(exactly: whole)
    }
  }

  private func number(at offset: Int, width: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - width else { return nil }
    return (0..<width).reduce(0) { sum, i in
      sum << 8 | Int(bytes[offset + (isLittleEndian ? width - 1 - i : i)])
    }
  }
}
