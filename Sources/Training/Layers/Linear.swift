/// `x · weightᵀ + bias`, stored as `NAME.weight` (outputs, inputs) and `NAME.bias`.
struct LinearLayer {
  let weight: Tensor
  let bias: Tensor?
  private let update: LoRAUpdate?

  init(_ store: ParameterStore, _ name: String, hasBias: Bool = true) throws {
    weight = try store("\(name).weight")
    update = store.update(of: "\(name).weight")
    bias = hasBias ? try store("\(name).bias") : nil
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let rows = try x.linear(weight, bias)
    return try update.map { try rows + $0(x) } ?? rows
  }
}

/// A layer norm over the last dimension, stored as `NAME.weight` and `NAME.bias`.
struct LayerNormLayer {
  let weight: Tensor
  let bias: Tensor
  let epsilon: Double

  init(_ store: ParameterStore, _ name: String, epsilon: Float) throws {
    weight = try store("\(name).weight")
    bias = try store("\(name).bias")
    self.epsilon = Double(epsilon)
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor { try x.layerNorm(weight, bias, epsilon: epsilon) }
}
