import CTorchBridge

extension Tensor {
  /// Whether gradients are kept for it; for tensors without a history.
  public func requireGradient(_ on: Bool = true) throws {
    try torch.check("require_gradient", torch.table.pointee.require_gradient(handle, on))
  }

  /// The gradient that has been added up since it was cleared; nil before the first.
  public func gradient() throws -> Tensor? {
    var out: OpaquePointer?
    try torch.check("gradient", torch.table.pointee.gradient(handle, &out))
    return out.map { Tensor($0, torch) }
  }

  /// Adds this number's gradients to all tensors that need them.
  public func backward() throws { try torch.check("backward", torch.table.pointee.backward(handle)) }
}

extension Torch {
  /// Forgets the gradients of tensors.
  public func clearGradients(_ tensors: [Tensor]) throws {
    try check(
      "clear_gradients",
      withHandles(tensors) { table.pointee.clear_gradients($0, $1) })
  }

  /// The Euclidean length of all tensors seen as one vector.
  public func totalNorm(_ tensors: [Tensor]) throws -> Double {
    var norm = 0.0
    try check("total_norm", withHandles(tensors) { table.pointee.total_norm($0, $1, &norm) })
    return norm
  }

  /// Multiplies tensors in place.
  public func multiply(_ tensors: [Tensor], by number: Double) throws {
    try check("multiply_all", withHandles(tensors) { table.pointee.multiply_all($0, $1, number) })
  }

  /// `a += weight · (b − a)` in place, for every pair.
  public func blend(_ a: [Tensor], towards b: [Tensor], weight: Double) throws {
    precondition(a.count == b.count)
    try check(
      "blend_all",
      withHandles(a) { first, count in
        withHandles(b) { second, _ in table.pointee.blend_all(first, second, count, weight) }
      })
  }

  /// The tensors' handles as the bridge takes them, with their number.
  func withHandles(_ tensors: [Tensor], _ body: (UnsafePointer<OpaquePointer>, Int) -> Int32) -> Int32 {
    withExtendedLifetime(tensors) {
      tensors.map(\.handle).withUnsafeBufferPointer { handles in
        guard let start = handles.baseAddress else { return 0 }
        return body(start, handles.count)
      }
    }
  }
}
