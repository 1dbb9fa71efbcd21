/// The 256 printable characters that byte-level vocabularies write bytes with.
///
/// Bytes that print as Latin-1 stand for themselves; the 68 others take U+0100 and on, in their order
/// (`bytes_to_unicode` in OpenAI's `simple_tokenizer.py`).
enum ByteAlphabet {
  /// The code point that stands for each byte.
  static let scalars: [UInt32] = {
    var next: UInt32 = 0x100
    return (0..<256).map { (byte: UInt32) in
      if prints(byte) { return byte }
      next += 1
      return next - 1
    }
  }()

  /// The byte that each code point below U+0144 stands for, or −1.
  static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
    return table
  }()

  /// The bytes in the order in which OpenAI's vocabulary lists them: those that print first.
  static let vocabularyOrder: [Int] =
    (0..<256).filter { prints(UInt32($0)) } + (0..<256).filter { !prints(UInt32($0)) }

  private static func prints(_ byte: UInt32) -> Bool {
    (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
  }
}

/// UTF-8, to and from code points.
enum UTF8Coding {
  /// The code point at `position` of well-formed UTF-8, and its length; U+FFFD and 1 where it is not.
  @inline(__always)
  static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (scalar: UInt32, length: Int) {
    let lead = UInt32(bytes[position])
    if lead < 0x80 { return (lead, 1) }
    let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard lead >= 0xC2, lead < 0xF5, position + length <= bytes.count else { return (0xFFFD, 1) }
    var scalar = lead & (0xFF >> UInt32(length + 1))
    for index in 1..<length { scalar = scalar << 6 | UInt32(bytes[position + index] & 0x3F) }
    return (scalar, length)
  }

  /// Appends the UTF-8 of `scalar`, which is below U+110000.
  @inline(__always)
  static func encode(_ scalar: UInt32, into bytes: inout [UInt8]) {
    func continuation(_ shift: UInt32) -> UInt8 {
      UInt8(truncatingIfNeeded: 0x80 | ((scalar >> shift) & 0x3F))
    }
    if scalar < 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: scalar))
    } else if scalar < 0x800 {
      bytes.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
      bytes.append(continuation(0))
    } else if scalar < 0x10000 {
      bytes.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
      bytes.append(continuation(6))
      bytes.append(continuation(0))
    } else {
      bytes.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
      bytes.append(continuation(12))
      bytes.append(continuation(6))
      bytes.append(continuation(0))
    }
  }

  /// The code points of `bytes`.
  static func scalars(of bytes: UnsafeBufferPointer<UInt8>) -> [UInt32] {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      let (scalar, length) = decode(bytes, at: position)
      scalars.append(scalar)
      position += length
    }
    return scalars
  }
}
