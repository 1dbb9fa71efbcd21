/// A tensor of a task's, and what training does to it.
public struct TrainingParameter {
  /// What training does to a parameter.
  public enum Role: Sendable {
    /// It stays as it is.
    case frozen
    /// It follows its gradient, and is averaged.
    case trained
    /// It changes without a gradient, a batch norm's running mean for example, and is averaged.
    case statistic
  }

  /// What it is called in saved states.
  public let name: String
  /// The values.
  public let tensor: Tensor
  /// What training does to it.
  public let role: Role

  /// Creates a parameter.
  public init(_ name: String, _ tensor: Tensor, _ role: Role) {
    self.name = name
    self.tensor = tensor
    self.role = role
  }
}
