public import CLIP

/// The way from one model's weights to another's: `(1 − α) · start + α · end`, parameter by parameter (Wortsman et al. 2022,
/// WiSE-FT).
///
/// ```swift
/// let way = WeightInterpolation(from: before, to: tuned)
/// let between = way(0.4)
/// ```
public struct WeightInterpolation: Sendable {
  private let end: Checkpoint
  /// What differs between the two.
  private let moved: [String: (shape: [Int], start: [Float], end: [Float])]

  /// Finds what differs. What only one of the models has, or in another shape, is the end's everywhere.
  public init(from start: Checkpoint, to end: Checkpoint) {
    self.end = end
    var moved: [String: (shape: [Int], start: [Float], end: [Float])] = [:]
    for (name, new) in end.tensors {
      guard let old = start.tensors[name], old.shape == new.shape else { continue }
      let (before, after) = (old.floats(), new.floats())
      if before != after { moved[name] = (old.shape, before, after) }
    }
    self.moved = moved
  }

  /// The model at a place between, 0 for the start and 1 for the end; what is the same in both is not copied.
  public func callAsFunction(_ alpha: Double) -> Checkpoint {
    var result = end
    for (name, tensor) in moved {
      result.tensors[name] = StoredTensor(
        shape: tensor.shape,
        floats: zip(tensor.start, tensor.end).map { Float((1 - alpha) * Double($0) + alpha * Double($1)) })
    }
    return result
  }
}
