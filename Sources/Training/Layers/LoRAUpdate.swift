/// LoRA (Hu et al. 2021): low-rank updates of linear layers, whose own weights are frozen:
/// `y = x·Wᵀ + (α/r) · x·Aᵀ·Bᵀ`.
public struct LoRAConfiguration: Sendable, Equatable {
  /// The rank r.
  public var rank: Int
  /// The scale of the update as a multiple of `1/r`: α.
  public var alpha: Double

  /// Creates a configuration.
  public init(rank: Int, alpha: Double) {
    self.rank = rank
    self.alpha = alpha
  }

  /// The suffixes of the names of the adapted layers: queries, keys, values and outputs of attention, and both of the MLP.
  private static let layers = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]

  /// Whether a parameter is the weight of an adapted layer of the text tower.
  func changes(_ parameter: String) -> Bool {
    parameter.hasPrefix("text_model.encoder.")
      && Self.layers.contains { parameter.hasSuffix(".\($0).weight") }
  }
}

/// The update of one layer.
struct LoRAUpdate {
  /// (r, inputs), random at first.
  let down: Tensor
  /// (outputs, r), zeros at first, so that the model starts as it was.
  let up: Tensor
  /// α/r.
  let scale: Double

  /// How the names of the two matrices end, in the place of `weight`.
  static let ends = (down: "lora_A", up: "lora_B")

  /// Begins the update of a layer. The values of A are uniform within ±1/√inputs.
  init(_ plan: LoRAConfiguration, outputs: Int, inputs: Int, seed: UInt64, torch: Torch) throws {
    var random = DataRandom(seed: seed, purpose: .other)
    let bound = 1 / Float(inputs).squareRoot()
    let numbers = (0..<plan.rank * inputs).map { _ in random.uniform(in: -bound...bound) }
    down = try torch.tensor(numbers, [plan.rank, inputs])
    up = try torch.full(0, [outputs, plan.rank])
    scale = plan.alpha / Double(plan.rank)
    try down.requireGradient()
    try up.requireGradient()
  }

  /// What is added to the layer's rows (R, outputs).
  func callAsFunction(_ rows: Tensor) throws -> Tensor { try rows.linear(down).linear(up) * scale }

  /// The weight (outputs, inputs) with the update merged.
  func merged(into weight: Tensor, down: Tensor, up: Tensor) throws -> Tensor {
    try weight + up.matmul(down) * scale
  }
}
