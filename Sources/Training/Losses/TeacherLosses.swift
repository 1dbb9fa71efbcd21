/// The Similarity Regulator: matched pairs are pulled up to the teacher's cosine and no further, unmatched ones pushed down
/// to it and no further.
///
///     L_SR = mean over matched of ReLU(T − S) + mean over unmatched of ReLU(S − T)
///
/// S and T are plain cosines, without a temperature. (A mirrored version with both signs turned round exists in its
/// authors' history; it is wrong.)
public enum SimilarityRegulator {
  /// The loss of a batch; it must have a teacher, else 0.
  public static func loss(_ pairs: PairBatch) throws -> Tensor {
    guard let teacher = pairs.teacher else { return try pairs.torch.full(0, []) }
    let (images, captions) = (Double(pairs.images), Double(pairs.captions))
    let unmatched = try 1 - pairs.matched
    let up = try ((teacher - pairs.student).relu() * pairs.matched).sum() / captions
    guard images > 1 else { return up }
    let down = try ((pairs.student - teacher).relu() * unmatched).sum() / (images * captions - captions)
    return try up + down
  }
}

/// How far a tower's rows are from its teacher's.
public enum TowerLoss {
  /// The mean absolute difference of the numbers as they come out, not normalised; rows (B, E).
  public static func l1(_ student: Tensor, _ teacher: Tensor) throws -> Tensor {
    try (student - teacher).abs().mean()
  }

  /// The mean of `1 − cos`; rows (B, E).
  public static func cosine(_ student: Tensor, _ teacher: Tensor) throws -> Tensor {
    try 1 - (student.normalized() * teacher.normalized()).sum([-1]).mean()
  }
}
