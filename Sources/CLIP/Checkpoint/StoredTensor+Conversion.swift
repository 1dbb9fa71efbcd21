import Foundation

extension StoredTensor {
  /// Writes a run of elements as another type into `output`, rounding to the nearest, ties to even.
  ///
  /// Returns the number of finite elements that became infinite.
  func convert(_ range: Range<Int>, to target: StorageType, into output: UnsafeMutableRawBufferPointer) -> Int
  {
    var overflows = 0
    for (place, index) in range.enumerated() {
      let value = element(at: index) ?? 0
      switch target {
      case .float32:
        output.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 4 * place, as: UInt32.self)
      case .float16:
        let bits = FloatBits.half(value)
        if bits & 0x7FFF == 0x7C00, value.isFinite { overflows += 1 }
        output.storeBytes(of: bits.littleEndian, toByteOffset: 2 * place, as: UInt16.self)
      case .bfloat16:
        let bits = FloatBits.brain(value)
        if bits & 0x7FFF == 0x7F80, value.isFinite { overflows += 1 }
        output.storeBytes(of: bits.littleEndian, toByteOffset: 2 * place, as: UInt16.self)
      }
    }
    return overflows
  }
}
