import Files

extension StoredTensor {
  /// The element at an index of the flat tensor as a float, or nil outside.
  public func element(at index: Int) -> Float? {
    guard index >= 0, index < count else { return nil }
    switch type {
    case .float32:
      return Float(
        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
    case .float16: return FloatBits.float(half: bits16(at: index))
    case .bfloat16: return FloatBits.float(brain: bits16(at: index))
    }
  }

  private func bits16(at index: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
  }

  /// All elements as floats, in row-major order.
  public func floats() -> [Float] { (0..<count).map { element(at: $0) ?? 0 } }

  /// The same elements under another shape of the same size.
  func reshaped(_ shape: [Int]) -> StoredTensor {
    StoredTensor(shape: shape, type: type, bytes: bytes, owner: owner)
  }

  /// A tensor of our own that holds the transpose of this matrix `[rows, columns]`.
  func transposed() -> StoredTensor {
    guard shape.count == 2 else { return self }
    let (rows, columns, width) = (shape[0], shape[1], type.byteCount)
    let owned = OwnedBytes(count: bytes.count) { output in
      guard let from = bytes.baseAddress, let to = output.baseAddress else { return }
      for row in 0..<rows {
        for column in 0..<columns {
          (to + (column * rows + row) * width).copyMemory(
            from: from + (row * columns + column) * width, byteCount: width)
        }
      }
    }
    return StoredTensor(shape: [columns, rows], type: type, bytes: owned.bytes, owner: owned)
  }

  /// The rows of one of `parts` equal parts along the first dimension, as a window; nil if they do not divide it.
  func part(_ index: Int, of parts: Int) -> StoredTensor? {
    guard let rows = shape.first, rows % parts == 0, bytes.count % parts == 0 else { return nil }
    let size = bytes.count / parts
    return StoredTensor(
      shape: [rows / parts] + shape.dropFirst(), type: type,
      bytes: UnsafeRawBufferPointer(rebasing: bytes[(index * size)..<((index + 1) * size)]), owner: owner)
  }
}

extension StoredTensor {
  /// A float32 scalar.
  init(scalar value: Float) {
    self.init(shape: [], floats: [value])
  }

  /// A float32 tensor of our own with the elements given, which must be the product of `shape`.
  package init(shape: [Int], floats: [Float]) {
    let owned = OwnedBytes(count: 4 * floats.count) { output in
      for (index, value) in floats.enumerated() {
        output.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      }
    }
    self.init(shape: shape, type: .float32, bytes: owned.bytes, owner: owned)
  }
}
