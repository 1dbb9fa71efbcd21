import CLIP
package import Training

/// Captions, plain paraphrases and paraphrases of these, of B items, with their images.
package struct ParaphraseBatch {
  /// The items.
  package let count: Int
  /// 3·B texts: all captions first, then all plain paraphrases.
  package let texts: TextBatch
  /// The embeddings of the images, (B, E), where a loss needs them; of items without an image 0.
  package let images: [Float]
  /// 1 for an item with an image, else 0; nil where all have one.
  package let hasImage: [Float]?

  /// Creates a batch.
  package init(count: Int, texts: TextBatch, images: [Float], hasImage: [Float]?) {
    self.count = count
    self.texts = texts
    self.images = images
    self.hasImage = hasImage
  }
}

/// The losses of one batch: `InfoNCE(image, x″) + InfoNCE(x, x′) + InfoNCE(x′, x″)`, over the batch of all processes.
package struct ParaphraseObjective {
  private let losses: FineTuningRecipe.Losses
  private let scale: FineTuningRecipe.Scale
  private let network: CLIPNetwork
  private let group: ProcessGroup
  private var torch: Torch { network.parameters.torch }

  /// - Parameter scale: what cosines are multiplied with to be logits.
  package init(
    _ losses: FineTuningRecipe.Losses, scale: FineTuningRecipe.Scale, network: CLIPNetwork,
    group: ProcessGroup
  ) {
    self.losses = losses
    self.scale = scale
    self.network = network
    self.group = group
  }

  /// The losses, and the anchors' where there are some.
  package func callAsFunction(
    _ batch: ParaphraseBatch, anchors: Anchors? = nil, at position: DataPosition = DataPosition(),
    _ pass: ForwardPass = ForwardPass()
  ) throws -> LossTerms {
    let rows = try network.text(ids: batch.texts.ids, lengths: batch.texts.lengths, pass)
    let count = batch.count
    let texts = try (0..<3).map { try group.gathered(rows.slice(0, ($0 * count)..<(($0 + 1) * count))) }
    let scale = try factor()
    func contrast(_ left: Tensor, _ right: Tensor) throws -> Tensor {
      let pairs = try PairBatch(
        images: left, texts: right, teacherImages: nil, teacherTexts: nil,
        captionCounts: [Int](repeating: 1, count: left.shape[0]))
      return try ContrastiveLoss.loss(pairs, scale: scale)
    }
    var terms = LossTerms()
    if losses.imageParaphrase > 0 {
      let width = network.parameters.configuration.embeddingWidth
      var images = try group.gathered(torch.tensor(batch.images, [count, width]))
      var paraphrases = texts[2]
      if let hasImage = batch.hasImage {
        let shown = try group.gathered(torch.tensor(hasImage, [count, 1])).floats()
        let places = try torch.indices(shown.indices.filter { shown[$0] > 0 })
        (images, paraphrases) = (try images.select(places), try paraphrases.select(places))
      }
      // By chance a batch may have no image.
      if images.shape[0] > 0 {
        try terms.add("image_paraphrase", contrast(images, paraphrases), weight: losses.imageParaphrase)
      }
    }
    if losses.captionPlain > 0 {
      try terms.add("caption_plain", contrast(texts[0], texts[1]), weight: losses.captionPlain)
    }
    if losses.plainParaphrase > 0 {
      try terms.add("plain_paraphrase", contrast(texts[1], texts[2]), weight: losses.plainParaphrase)
    }
    if let anchors {
      let loss = try anchors.loss(at: position, network: network, group: group, pass)
      try terms.add("anchor", loss, weight: losses.anchor)
    }
    return terms
  }

  private func factor() throws -> Tensor {
    switch scale {
    case .model: try network.logitScale.detached().exp()
    case .learned: try group.sharedByAll(network.logitScale).exp()
    case .temperature(let temperature): try torch.full(1 / temperature, [])
    }
  }
}
