/// How far a tower's embeddings are from its teacher's.
public enum TowerLoss {
  /// The mean absolute difference, without normalization; embeddings (B, E).
  public static func l1(_ student: Tensor, _ teacher: Tensor) throws -> Tensor {
    try (student - teacher).abs().mean()
  }

  /// The mean of `1 − cos`; embeddings (B, E).
  public static func cosine(_ student: Tensor, _ teacher: Tensor) throws -> Tensor {
    try 1 - (student.normalized() * teacher.normalized()).sum([-1]).mean()
  }
}
