package import Training

/// What captions are trained by.
package enum CaptionLosses {
  /// The mean cross-entropy of the next words, with label smoothing ε: `(1 − ε) · (−log p(word)) + ε · mean(−log p)`, as
  /// PyTorch's `CrossEntropyLoss(label_smoothing=ε)`.
  ///
  /// - Parameters:
  ///   - logits: (rows, vocabulary).
  ///   - targets: the next word of each row; the rows beyond them are padding.
  package static func crossEntropy(_ logits: Tensor, targets: [Int32], smoothing: Double = 0) throws -> Tensor
  {
    let asked = try logits.slice(0, 0..<targets.count)
    let logProbabilities = try asked.converted(.float32).logSoftmax()
    let chosen = try logProbability(of: targets, in: logProbabilities).mean()
    guard smoothing > 0 else { return try -chosen }
    return try (chosen * (smoothing - 1)) - (logProbabilities.mean() * smoothing)
  }

  /// The loss of self-critical training, `− Σ A · log p(word) / n` (Rennie et al. 2017).
  ///
  /// p must be the distribution that the words were drawn from: a word that is never drawn, and has a share in p all the same, becomes likelier
  /// wherever the words are worse than others, since none ever speaks against it.
  ///
  /// - Parameters:
  ///   - logits: (rows, vocabulary).
  ///   - words: the word that was drawn in each row; the rows beyond them are padding.
  ///   - advantages: A of the caption that each row belongs to: its reward less the baseline.
  ///   - count: n, the words of all captions.
  ///   - excluded: words that are never drawn, which have no share in p.
  package static func selfCritical(
    _ logits: Tensor, words: [Int32], advantages: [Float], count: Double, excluding excluded: [Int32] = []
  ) throws -> Tensor {
    var asked = try logits.slice(0, 0..<words.count).converted(.float32)
    if !excluded.isEmpty {
      var added = [Float](repeating: 0, count: logits.shape[1])
      for word in excluded { added[Int(word)] = -1e9 }
      asked = try asked + logits.torch.tensor(added, [1, added.count])
    }
    let logProbabilities = try logProbability(of: words, in: asked.logSoftmax())
    let weights = try logits.torch.tensor(advantages, [advantages.count])
    return try (logProbabilities * weights).sum() * (-1 / count)
  }

  /// `log p` of a word of each row, (rows).
  package static func logProbability(of words: [Int32], in logProbabilities: Tensor) throws -> Tensor {
    let width = logProbabilities.shape[1]
    return try logProbabilities.reshaped([-1]).select(
      logProbabilities.torch.indices(words.enumerated().map { $0 * width + Int($1) }))
  }
}
