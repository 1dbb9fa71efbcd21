/// How the elements of a NumPy file are stored.
public enum NumPyType: String, Sendable, CaseIterable {
  /// 32-bit numbers.
  case float32
  /// 16-bit numbers, of three decimal digits.
  case float16
  /// 64-bit numbers.
  case float64
  /// Signed bytes.
  case int8

  /// The bytes of an element.
  public var byteCount: Int {
    switch self {
    case .int8: 1
    case .float16: 2
    case .float32: 4
    case .float64: 8
    }
  }

  /// What a header calls the type (<https://numpy.org/doc/stable/reference/arrays.interface.html>).
  var descriptor: String {
    switch self {
    case .int8: "|i1"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    }
  }

  init?(descriptor: String) {
    guard let type = Self.allCases.first(where: { $0.descriptor == descriptor }) else { return nil }
    self = type
  }

  /// An element as a 32-bit number.
  package func number(at index: Int, of bytes: UnsafeRawBufferPointer) -> Float {
    let offset = index * byteCount
    switch self {
    case .int8:
      return Float(bytes.loadUnaligned(fromByteOffset: offset, as: Int8.self))
    case .float16:
      let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
      return Float(Float16(bitPattern: bits))
    case .float32:
      return Float(
        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    case .float64:
      let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      return Float(Double(bitPattern: bits))
    }
  }

  /// What a row's numbers are multiplied by to become signed bytes; 0 for a row of zeros, and for one that is not finite.
  package static func byteScale(of row: ArraySlice<Float>) -> Float {
    let largest = row.reduce(0) { max($0, abs($1)) }
    return largest > 0 && largest.isFinite ? 127 / largest : 0
  }

  /// The bytes of a row of numbers.
  ///
  /// Signed bytes hold a direction and no length: the largest number of a row becomes ±127, as an index for cosines needs it.
  package func bytes(of row: ArraySlice<Float>) -> [UInt8] {
    func bytes<T: FixedWidthInteger>(_ bits: (Float) -> T) -> [UInt8] {
      row.map { bits($0).littleEndian }.withUnsafeBytes(Array.init)
    }
    switch self {
    case .float32: return bytes(\.bitPattern)
    case .float16: return bytes { Float16($0).bitPattern }
    case .float64: return bytes { Double($0).bitPattern }
    case .int8:
      let scale = Self.byteScale(of: row)
      // What is not a number stays none of the others' business: it becomes 0.
      return row.map { UInt8(bitPattern: Int8(exactly: ($0 * scale).rounded()) ?? 0) }
    }
  }
}
