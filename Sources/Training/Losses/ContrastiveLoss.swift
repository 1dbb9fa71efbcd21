/// InfoNCE in both directions (Radford et al. 2021), with targets that may be softened by how alike the captions are.
public enum ContrastiveLoss {
  /// The mean of the two directions' cross-entropies.
  ///
  /// - Parameters:
  ///   - scale: what cosines are multiplied with to be logits, `exp(logit_scale)`.
  ///   - softened: the share of the targets that comes from `alike`, 0 to 1.
  ///   - alike: (B, M) cosines between each image's captions and each caption, by a text encoder that is trusted; nil for
  ///     hard targets.
  ///   - temperature: what `alike` is divided by before its softmax.
  public static func loss(
    _ pairs: PairBatch, scale: Tensor, softened: Double = 0, alike: Tensor? = nil, temperature: Double = 0.07
  ) throws -> Tensor {
    let logits = try pairs.student * scale
    let columns = try pairs.matched
    let counts = try pairs.torch.tensor(
      pairs.captionCounts.map { 1 / Float(max(1, $0)) }, [pairs.images, 1])
    // An image's target is spread over its captions; a caption has one image.
    var toText = try columns * counts
    var toImage = columns
    if let alike, softened > 0 {
      let logits = try (alike / temperature).detached()
      toText = try toText * (1 - softened) + logits.softmax(1) * softened
      toImage = try toImage * (1 - softened) + logits.softmax(0) * softened
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
