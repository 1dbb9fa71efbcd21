import CLIP
import Foundation
import Training

/// The losses of one batch: `InfoNCE(image, x″) + InfoNCE(x, x′) + InfoNCE(x′, x″)`, over the batch of all processes, and what the
/// anchors hold against it.
struct ParaphraseObjective {
  let recipe: FineTuningRecipe
  let network: CLIPNetwork
  let data: ParaphraseData
  let group: ProcessGroup
  private var torch: Torch { network.parameters.torch }

  func callAsFunction(_ batch: Batch) throws -> LossTerms {
    var pass = ForwardPass()
    pass.gradCheckpointing = recipe.settings.gradCheckpointing
    let packed = data.texts(of: batch.items)
    let rows = try network.text(ids: packed.ids, lengths: packed.lengths, pass)
    let count = batch.count
    let texts = try (0..<3).map { try group.gathered(rows.slice(0, ($0 * count)..<(($0 + 1) * count))) }
    let scale = try self.scale()
    func contrast(_ left: Tensor, _ right: Tensor) throws -> Tensor {
      let pairs = try PairBatch(
        images: left, texts: right, teacherImages: nil, teacherTexts: nil,
        captionCounts: [Int](repeating: 1, count: left.shape[0]))
      return try ContrastiveLoss.loss(pairs, scale: scale)
    }
    var terms = LossTerms()
    let losses = recipe.losses
    if losses.imageParaphrase > 0 {
      let width = network.parameters.configuration.embeddingWidth
      let (rows, shown) = data.imageRows(of: batch.items)
      var images = try group.gathered(torch.tensor(rows, [count, width]))
      var paraphrases = texts[2]
      if data.hasTextOnly {
        let shown = try group.gathered(torch.tensor(shown, [count, 1])).floats()
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
    if let anchors = data.anchors {
      let loss = try anchors.loss(at: batch.position, network: network, group: group, pass)
      try terms.add("anchor", loss, weight: losses.anchor)
    }
    return terms
  }

  private func scale() throws -> Tensor {
    switch recipe.scale {
    case .model: try network.logitScale.detached().exp()
    case .learned: try group.sharedByAll(network.logitScale).exp()
    case .temperature(let temperature): try torch.full(1 / temperature, [])
    }
  }
}
