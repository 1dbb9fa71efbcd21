public import Training

/// What a layer's tokens are to each other, taught by another model's layer of any width (MiniViT; Zhang et al. 2022).
public enum RelationLoss {
  /// For each sequence (B), the mean over queries, keys and values of the cross-entropy between the relations of teacher and
  /// student; nil where a layer was not listened to.
  ///
  /// A relation is `softmax(X·Xᵀ/√d)` over the tokens of one sequence, whatever the length of the others, with the heads side by
  /// side in X; both models must see the same tokens.
  public static func attention(_ student: ActivationHook, _ teacher: ActivationHook) throws -> Tensor? {
    let pairs = [
      (student.queries, teacher.queries), (student.keys, teacher.keys), (student.values, teacher.values),
    ]
    var sum: Tensor?
    for case (let own?, let other?) in pairs {
      let term = try crossEntropy(joined(own), joined(other), student.padding)
      sum = try sum.map { try $0 + term } ?? term
    }
    return try sum.map { try $0 / 3 }
  }

  /// The same of the layers' outputs.
  public static func hidden(_ student: ActivationHook, _ teacher: ActivationHook) throws -> Tensor? {
    guard let own = student.hidden, let other = teacher.hidden else { return nil }
    return try crossEntropy(own, other, student.padding)
  }

  /// (B, H, T, D) as (B, T, H·D).
  private static func joined(_ heads: Tensor) throws -> Tensor {
    let shape = heads.shape
    return try heads.permuted([0, 2, 1, 3]).reshaped([shape[0], shape[2], shape[1] * shape[3]])
  }

  /// (B, T, W) to (B): the mean over the tokens of each sequence.
  private static func crossEntropy(_ student: Tensor, _ teacher: Tensor, _ padding: Tensor?) throws -> Tensor
  {
    func relation(_ rows: Tensor) throws -> Tensor {
      let maps = try rows.matmul(rows.permuted([0, 2, 1])) / Double(rows.shape[2]).squareRoot()
      return try padding.map { try maps + $0 } ?? maps
    }
    let targets = try relation(teacher).softmax().detached()
    let entropies = try -(relation(student).logSoftmax() * targets).sum([2])
    guard let padding else { return try entropies.mean([1]) }
    // 1 for a token, 0 for padding.
    let tokens = try padding.exp().sum([1])
    return try (entropies * tokens).sum([1]) / tokens.sum([1])
  }
}
