/// A batch norm over the channels of maps, stored as `NAME.weight`, `.bias`, `.running_mean` and `.running_var`.
struct BatchNormLayer {
  private let name: String
  private let weight: Tensor
  private let bias: Tensor
  private let mean: Tensor
  private let variance: Tensor
  private let epsilon: Double

  init(_ store: ParameterStore, _ name: String, epsilon: Float) throws {
    self.name = name
    weight = try store("\(name).weight")
    bias = try store("\(name).bias")
    mean = try store("\(name).running_mean")
    variance = try store("\(name).running_var")
    self.epsilon = Double(epsilon)
  }

  func callAsFunction(_ maps: Tensor, _ pass: ForwardPass) throws -> Tensor {
    try maps.batchNorm(
      weight, bias, mean: mean, variance: variance, learns: pass.batchNorm.takesBatch(name), epsilon: epsilon)
  }
}

/// Where batch norms have their means and variances from.
public struct BatchNormStatistics: Sendable, Equatable {
  private let takesBatches: Bool
  private let fixed: [String]

  /// The running ones, which do not change: as outside training.
  public static let running = BatchNormStatistics(takesBatches: false, fixed: [])

  /// Those of the batch, towards which the running ones move; but for norms whose names begin so.
  public static func batch(exceptFor fixed: [String] = []) -> BatchNormStatistics {
    BatchNormStatistics(takesBatches: true, fixed: fixed)
  }

  /// Whether a norm takes its statistics from the batch.
  ///
  /// - Parameter name: the norm's name, or that of one of its parameters.
  public func takesBatch(_ name: String) -> Bool { takesBatches && !fixed.contains(where: name.hasPrefix) }
}
