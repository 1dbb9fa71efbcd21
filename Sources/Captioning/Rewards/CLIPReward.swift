import CLIP
import CaptionMetrics
import Foundation
import Training

/// CLIPScore by a model, and RefCLIPScore where references are embedded.
final class CLIPReward: CaptionReward {
  private let texts: TextEmbeddings
  private let formula: CLIPScoreFormula
  private let images: Embeddings
  /// The embeddings of all references, and the rows of each item.
  private let references: (embeddings: Embeddings, rows: (Int) -> Range<Int>)?

  /// - Parameters:
  ///   - images: an embedding for each item.
  ///   - references: for RefCLIPScore; nil for CLIPScore.
  init(
    _ embedder: CLIPEmbedder, images: Embeddings,
    references: (embeddings: Embeddings, rows: (Int) -> Range<Int>)? = nil
  ) {
    texts = TextEmbeddings(embedder, prefix: CLIPScoreDefinition.hessel.prefix)
    self.images = images
    self.references = references
    formula = CLIPScoreFormula(.hessel, calibration: embedder.scoreCalibration)
  }

  func scores(_ captions: [RewardedCaption]) throws -> [Double] {
    let embedded = try texts(captions.map(\.text))
    return zip(captions, embedded).map { caption, text in
      guard !caption.text.isEmpty else { return 0 }
      let image = cosine(images[caption.item], text[...])
      guard let references else { return formula.score(cosine: image) }
      let best = references.rows(caption.item).map { cosine(references.embeddings[$0], text[...]) }.max()
      return formula.referenceScore(cosine: image, bestReferenceCosine: best ?? 0)
    }
  }
}
