/// An exponential moving average of parameters, which often measures better than the last of them.
public final class MovingAverage {
  /// The share of the old average that is kept at each step, once many have been made.
  public let decay: Double
  private let torch: Torch
  private let parameters: [Tensor]
  private let names: [String]
  private let averages: [Tensor]

  /// Starts at the parameters as they are. Throws ``TorchError``.
  public init(_ parameters: [(name: String, tensor: Tensor)], torch: Torch, decay: Double) throws {
    self.torch = torch
    self.decay = decay
    names = parameters.map(\.name)
    self.parameters = parameters.map(\.tensor)
    averages = try torch.withoutGradients { try parameters.map { try $0.tensor.detached().cloned() } }
  }

  /// Takes the parameters in after a step, counted from 1: early averages forget faster.
  public func update(step: Int) throws {
    let kept = min(decay, Double(1 + step) / Double(10 + step))
    try torch.blend(averages, towards: parameters, weight: 1 - kept)
  }

  /// The averages by name.
  public var values: [String: Tensor] { Dictionary(uniqueKeysWithValues: zip(names, averages)) }
  /// In the order of the parameters.
  var ordered: [(name: String, tensor: Tensor)] { Array(zip(names, averages)) }
}
