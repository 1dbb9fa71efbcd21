/// InfoNCE in both directions (Radford et al. 2021), with soft targets (label smoothing by caption similarity) where wanted.
public enum ContrastiveLoss {
  /// The mean of the two directions' cross-entropies.
  ///
  /// - Parameters:
  ///   - scale: what cosines are multiplied with to be logits, `exp(logit_scale)`.
  ///   - softTargets: the share of the targets that is spread by `similarities`, 0 to 1.
  ///   - similarities: (B, M) cosines between each image's captions and each caption, by a text encoder that is trusted; nil for
  ///     hard targets.
  ///   - temperature: what `similarities` is divided by before its softmax.
  public static func loss(
    _ pairs: PairBatch, scale: Tensor, softTargets: Double = 0, similarities: Tensor? = nil,
    temperature: Double = 0.07
  ) throws -> Tensor {
    let logits = try pairs.student * scale
    let columns = pairs.matched
    let counts = try pairs.torch.tensor(
      pairs.captionCounts.map { 1 / Float(max(1, $0)) }, [pairs.images, 1])
    // An image's target is spread over its captions; a caption has one image.
    var toText = try columns * counts
    var toImage = columns
    if let similarities, softTargets > 0 {
      let logits = try (similarities / temperature).detached()
      toText = try toText * (1 - softTargets) + logits.softmax(1) * softTargets
      toImage = try toImage * (1 - softTargets) + logits.softmax(0) * softTargets
    }
    return try crossEntropies(logits, toText: toText, toImage: toImage)
  }

  /// Soft labels (the affinity mimicking of TinyCLIP): cross-entropy to the teacher's own softmax, both directions.
  public static func softLabels(_ pairs: PairBatch, scale: Tensor, teacherScale: Double) throws -> Tensor {
    guard let teacher = pairs.teacher else { return try pairs.torch.full(0, []) }
    let logits = try teacher * teacherScale
    return try crossEntropies(
      pairs.student * scale, toText: logits.softmax(1), toImage: logits.softmax(0))
  }

  private static func crossEntropies(_ logits: Tensor, toText: Tensor, toImage: Tensor) throws -> Tensor {
    let shape = logits.shape
    let text = try (logits.logSoftmax(1) * toText).sum() / Double(shape[0])
    let image = try (logits.logSoftmax(0) * toImage).sum() / Double(shape[1])
    return try (text + image) * -0.5
  }
}
