import Files

extension StoredTensor {
  /// A float32 tensor of our own from the bytes of float64 elements, each rounded to the nearest.
  ///
  /// Throws ``CheckpointError/unsupportedType(file:tensor:found:)`` for a finite element beyond the range of float32.
  init(shape: [Int], doubles bytes: UnsafeRawBufferPointer, file: String, name: String) throws {
    let count = bytes.count / 8
    let owned = try OwnedBytes(count: 4 * count) { output in
      for index in 0..<count {
        let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        let value = Double(bitPattern: bits)
        let narrow = Float(value)
        guard narrow.isFinite || !value.isFinite else {
          throw CheckpointError.unsupportedType(
            file: file, tensor: name, found: "float64 with \(value), which float32 cannot hold,")
        }
        output.storeBytes(of: narrow.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      }
    }
    self.init(shape: shape, type: .float32, bytes: owned.bytes, owner: owned)
  }

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
