extension Torch {
  /// Scales gradients down to a length of at most `limit`, and returns the length that they had.
  ///
  /// A length that is not a number is returned and nothing is scaled. Throws ``TorchError``.
  public func clipGradients(of parameters: [Tensor], to limit: Double?) throws -> Double {
    let gradients = try parameters.compactMap { try $0.gradient() }
    let norm = try totalNorm(gradients)
    if let limit, norm.isFinite, norm > limit { try multiply(gradients, by: limit / (norm + 1e-6)) }
    return norm
  }
}
