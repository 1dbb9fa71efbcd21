import CTorchBridge

extension Tensor {
  /// `x · weightᵀ + bias`; the weight is (outputs, inputs).
  public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws -> Tensor {
    try torch.produced("linear of \(shape) by \(weight.shape)") {
      torch.table.pointee.linear(handle, weight.handle, bias?.handle, $0)
    }
  }

  /// Normalised over the last dimension.
  public func layerNorm(_ weight: Tensor, _ bias: Tensor, epsilon: Double) throws -> Tensor {
    try torch.produced("layer_norm of \(shape) by \(weight.shape)") {
      torch.table.pointee.layer_norm(handle, weight.handle, bias.handle, epsilon, $0)
    }
  }

  /// Maps (B, C, H, W) normalised channel by channel: `(x − mean) / √(variance + ε) · weight + bias`.
  ///
  /// - Parameters:
  ///   - mean: (C), the running mean.
  ///   - variance: (C), the running variance.
  ///   - learns: whether the mean and the variance of the batch are used, and the running ones move a tenth towards them,
  ///     as PyTorch's do by default.
  public func batchNorm(
    _ weight: Tensor, _ bias: Tensor, mean: Tensor, variance: Tensor, learns: Bool, epsilon: Double
  ) throws -> Tensor {
    try torch.produced("batch_norm of \(shape) by \(weight.shape)") {
      torch.table.pointee.batch_norm(
        handle, weight.handle, bias.handle, mean.handle, variance.handle, learns, 0.1, epsilon, $0)
    }
  }

  /// (B, C, H, W) by (outputs, C / groups, kernel, kernel).
  public func convolution(
    _ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) throws -> Tensor {
    try convolution(weight, bias, stride: stride, padding: (padding, padding), groups: groups)
  }

  /// (B, C, S, S) by (outputs, C / groups, kernel, kernel) to (B, outputs, ⌈S / stride⌉, ⌈S / stride⌉): TensorFlow's "same"
  /// padding, of whose zeros an odd one lies below and to the right.
  public func sameConvolution(_ weight: Tensor, stride: Int = 1, groups: Int = 1) throws -> Tensor {
    let (side, kernel) = (shape.last ?? 0, weight.shape.last ?? 1)
    let zeros = max(0, ((side + stride - 1) / stride - 1) * stride + kernel - side)
    return try convolution(
      weight, nil, stride: stride, padding: (zeros / 2, zeros - zeros / 2), groups: groups)
  }

  private func convolution(
    _ weight: Tensor, _ bias: Tensor?, stride: Int, padding: (before: Int, after: Int), groups: Int
  ) throws -> Tensor {
    try torch.produced("convolution of \(shape) by \(weight.shape)") {
      torch.table.pointee.convolution(
        handle, weight.handle, bias?.handle, Int64(stride), Int64(padding.before), Int64(padding.after),
        Int64(groups), $0)
    }
  }

  /// The rows of this table that `indices` names.
  public func embedding(_ indices: Tensor) throws -> Tensor {
    try torch.produced("embedding of \(indices.shape) in \(shape)") {
      torch.table.pointee.embedding(handle, indices.handle, $0)
    }
  }

  /// Scaled dot-product attention of (B, H, N, D) queries, with a mask that is added to the scores.
  public func attention(keys: Tensor, values: Tensor, mask: Tensor?) throws -> Tensor {
    try torch.produced("attention of \(shape) and \(keys.shape)") {
      torch.table.pointee.attention(handle, keys.handle, values.handle, mask?.handle, $0)
    }
  }

  /// Elements left out at random, and the others scaled up for them.
  public func dropout(_ probability: Double) throws -> Tensor {
    guard probability > 0 else { return self }
    return try torch.produced("dropout of \(shape)") { torch.table.pointee.dropout(handle, probability, $0) }
  }

  /// `value` where the mask holds.
  public func filled(where mask: Tensor, with value: Double) throws -> Tensor {
    try torch.produced("filled of \(shape) by \(mask.shape)") {
      torch.table.pointee.filled(handle, mask.handle, value, $0)
    }
  }
}
