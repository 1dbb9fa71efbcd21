import CTorchBridge

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), one fused pass over all parameters.
///
/// Matrices and convolutions decay; vectors (biases, norms, positions of one dimension) and scalars do not.
public final class AdamW {
  /// β₁, β₂.
  public let betas: (Double, Double)
  /// What is added to the root of the second moment.
  public let epsilon: Double
  /// The weight decay, a share of the learning rate's.
  public let decay: Double
  /// The steps taken.
  public private(set) var step: Int
  private let torch: Torch
  private let groups: [Group]

  private struct Group {
    let names: [String]
    let parameters: [Tensor]
    let first: [Tensor]
    let second: [Tensor]
    let decay: Double
    let rateFactor: Double
  }

  /// - Parameters:
  ///   - parameters: what is trained, by name.
  ///   - rateFactor: what the learning rate of a parameter is multiplied with, by its name.
  public init(
    _ parameters: [(name: String, tensor: Tensor)], torch: Torch, decay: Double,
    betas: (Double, Double) = (0.9, 0.98), epsilon: Double = 1e-6, rateFactor: (String) -> Double = { _ in 1 }
  ) throws {
    self.torch = torch
    self.betas = betas
    self.epsilon = epsilon
    self.decay = decay
    step = 0
    struct Kind: Hashable {
      let decays: Bool
      let factor: Double
    }
    var kinds: [Kind] = []
    var members: [Kind: [(name: String, tensor: Tensor)]] = [:]
    for parameter in parameters {
      let kind = Kind(decays: parameter.tensor.shape.count > 1, factor: rateFactor(parameter.name))
      if members[kind] == nil { kinds.append(kind) }
      members[kind, default: []].append(parameter)
    }
    groups = try kinds.map { kind in
      let own = members[kind] ?? []
      return Group(
        names: own.map(\.name), parameters: own.map(\.tensor),
        first: try own.map { try torch.full(0, $0.tensor.shape) },
        second: try own.map { try torch.full(0, $0.tensor.shape) }, decay: kind.decays ? decay : 0,
        rateFactor: kind.factor)
    }
  }

  /// Moves every parameter that has a gradient. Throws ``TorchError``.
  public func update(rate: Double) throws {
    step += 1
    for group in groups {
      var chosen: [Int] = []
      var gradients: [Tensor] = []
      for (index, parameter) in group.parameters.enumerated() {
        if let gradient = try parameter.gradient() {
          chosen.append(index)
          gradients.append(gradient)
        }
      }
      let pick = { (tensors: [Tensor]) in chosen.map { tensors[$0] } }
      let status = torch.withHandles(pick(group.parameters)) { parameters, count in
        torch.withHandles(gradients) { gradients, _ in
          torch.withHandles(pick(group.first)) { first, _ in
            torch.withHandles(pick(group.second)) { second, _ in
              torch.table.pointee.adamw(
                parameters, gradients, first, second, count, Int64(step), rate * group.rateFactor, betas.0,
                betas.1, epsilon, group.decay)
            }
          }
        }
      }
      try torch.check("adamw", status)
    }
  }

  /// The moments by parameter, to be stored with a run's state.
  var moments: [(name: String, first: Tensor, second: Tensor)] {
    groups.flatMap { group in
      group.names.indices.map { (group.names[$0], group.first[$0], group.second[$0]) }
    }
  }

  /// Goes on from a stored state.
  func resume(step: Int) { self.step = step }
}
