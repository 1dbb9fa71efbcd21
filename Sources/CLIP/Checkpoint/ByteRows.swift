import Files

/// The rows of a matrix as signed bytes with a scale each: half of what float16 takes.
///
/// A file has the bytes as a tensor `NAME` of type I8 and the scales, float16 and one a row, as `NAME.scale`. A scale has so few digits that
/// every byte times its scale is a float16. So what is read is what was written, and converting it to wider types changes nothing.
struct ByteRows {
  /// What follows a tensor's name in that of its scales.
  static let suffix = ".scale"
  /// Rows that are shorter stay numbers: they are few, and often those of small filters, which bear rounding badly.
  private static let fewestColumns = 32

  /// The bytes, row after row.
  let bytes: [UInt8]
  /// The scales, as the bits of float16.
  let scales: [UInt16]

  /// Rounds a matrix, or a tensor that is seen as one; nil for what stays numbers.
  init?(_ tensor: StoredTensor) {
    guard tensor.shape.count >= 2, let rows = tensor.shape.first, rows > 0,
      tensor.count / rows >= Self.fewestColumns
    else { return nil }
    let columns = tensor.count / rows
    var bytes: [UInt8] = []
    var scales: [UInt16] = []
    bytes.reserveCapacity(tensor.count)
    for row in 0..<rows {
      let numbers = (0..<columns).map { tensor.element(at: row * columns + $0) ?? 0 }
      guard let scale = Self.scale(of: numbers) else { return nil }
      scales.append(FloatBits.half(scale))
      let inverse = scale > 0 ? 1 / scale : 0
      bytes += numbers.map {
        UInt8(bitPattern: Int8(max(-127, min(127, ($0 * inverse).rounded(.toNearestOrEven)))))
      }
    }
    self.bytes = bytes
    self.scales = scales
  }

  /// The least m · 2ᵉ for a whole m of at most 16 that brings a row into bytes: a byte times m has eleven digits at most, as a float16 has. Nil
  /// where float16 does not reach as far, or a number is not finite.
  private static func scale(of row: [Float]) -> Float? {
    var most: Float = 0
    for number in row {
      guard number.isFinite else { return nil }
      most = max(most, abs(number))
    }
    guard most > 0 else { return 0 }
    let wanted = most / 127
    // Below 2⁻²⁴ there is no float16.
    let unit = Float(sign: .plus, exponent: max(-24, wanted.exponent - 3), significand: 1)
    let scale = (wanted / unit).rounded(.up) * unit
    return 127 * scale <= 65_504 ? scale : nil
  }

  /// The numbers that bytes and their scales stand for, as float16; `bytes` holds as many rows as there are scales.
  static func widened(_ bytes: UnsafeRawBufferPointer, scales: StoredTensor, shape: [Int]) -> StoredTensor {
    // Rows share a few scales, and the 256 numbers of each; by their bits, since a NaN is no key that is found again.
    var tables: [UInt32: [UInt16]] = [:]
    let columns = scales.count > 0 ? bytes.count / scales.count : 0
    let owned = OwnedBytes(count: 2 * bytes.count) { output in
      for row in 0..<scales.count {
        let scale = scales.element(at: row) ?? 0
        let table =
          tables[scale.bitPattern]
          ?? (0..<256).map {
            FloatBits.half(Float(Int8(truncatingIfNeeded: $0)) * scale).littleEndian
          }
        tables[scale.bitPattern] = table
        for place in (row * columns)..<((row + 1) * columns) {
          output.storeBytes(of: table[Int(bytes[place])], toByteOffset: 2 * place, as: UInt16.self)
        }
      }
    }
    return StoredTensor(shape: shape, type: .float16, bytes: owned.bytes, owner: owned)
  }
}
