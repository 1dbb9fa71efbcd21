import CTorchBridge

extension Tensor {
  /// The same numbers in another shape; one length may be -1.
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    let sizes = shape.map(Int64.init)
    return try torch.produced("reshape of \(self.shape) to \(shape)") {
      torch.table.pointee.reshape(handle, sizes, sizes.count, $0)
    }
  }

  /// The dimensions in another order.
  public func permuted(_ order: [Int]) throws -> Tensor {
    let places = order.map(Int64.init)
    return try torch.produced("permute of \(shape) to \(order)") {
      torch.table.pointee.permute(handle, places, places.count, $0)
    }
  }

  /// A matrix turned over its diagonal.
  public func transposed() throws -> Tensor { try permuted([1, 0]) }

  /// Repeated along dimensions of length 1, without a copy.
  public func expanded(_ shape: [Int]) throws -> Tensor {
    let sizes = shape.map(Int64.init)
    return try torch.produced("expand of \(self.shape) to \(shape)") {
      torch.table.pointee.expand(handle, sizes, sizes.count, $0)
    }
  }

  /// A part along a dimension.
  public func slice(_ dimension: Int, _ range: Range<Int>) throws -> Tensor {
    try torch.produced("slice \(range) of \(shape) along \(dimension)") {
      torch.table.pointee.slice(handle, Int64(dimension), Int64(range.lowerBound), Int64(range.count), $0)
    }
  }

  /// Those along a dimension that `indices` names.
  public func select(_ indices: Tensor, _ dimension: Int = 0) throws -> Tensor {
    try torch.produced("select of \(indices.shape) in \(shape) along \(dimension)") {
      torch.table.pointee.select(handle, Int64(dimension), indices.handle, $0)
    }
  }

  /// Converted to another kind of number.
  public func converted(_ type: ScalarType) throws -> Tensor {
    try torch.produced("convert") { torch.table.pointee.convert(handle, type.number, torch.device, $0) }
  }
}

extension Torch {
  /// Tensors one after another along a dimension.
  public func concatenated(_ tensors: [Tensor], _ dimension: Int = 0) throws -> Tensor {
    if tensors.isEmpty { throw TorchError.failed(operation: "concatenate", reason: "there is nothing") }
    return try produced("concatenate of \(tensors.map(\.shape))") { out in
      tensors.map(\.handle).withUnsafeBufferPointer { handles in
        guard let start = handles.baseAddress else { return 1 }
        return table.pointee.concatenate(start, handles.count, Int64(dimension), out)
      }
    }
  }
}
