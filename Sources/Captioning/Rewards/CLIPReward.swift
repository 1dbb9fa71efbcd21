import CLIP
import CaptionMetrics
import Foundation
import Training

/// CLIPScore by a model, and RefCLIPScore where references are embedded.
final class CLIPReward: CaptionReward {
  private let embedder: CLIPEmbedder
  private let formula: CLIPScoreFormula
  private let images: Embeddings
  /// The embeddings of all references, and the rows of each item.
  private let references: (embeddings: Embeddings, rows: (Int) -> Range<Int>)?
  /// Embeddings of captions that were drawn before.
  private var known: [String: [Float]] = [:]

  /// Captions whose embeddings are kept.
  private static let most = 200_000

  /// - Parameters:
  ///   - images: an embedding for each item.
  ///   - references: for RefCLIPScore; nil for CLIPScore.
  init(
    _ embedder: CLIPEmbedder, images: Embeddings,
    references: (embeddings: Embeddings, rows: (Int) -> Range<Int>)? = nil
  ) {
    self.embedder = embedder
    self.images = images
    self.references = references
    formula = CLIPScoreFormula(.hessel, calibration: embedder.scoreCalibration)
  }

  func scores(_ captions: [RewardedCaption]) throws -> [Double] {
    let texts = Set(captions.map(\.text))
    if known.count + texts.count > Self.most { known = [:] }
    try embed(texts.subtracting(known.keys).sorted())
    return captions.map { caption in
      guard let text = known[caption.text], !caption.text.isEmpty else { return 0 }
      let image = cosine(images[caption.item], text[...])
      guard let references else { return formula.score(cosine: image) }
      let best = references.rows(caption.item).map { cosine(references.embeddings[$0], text[...]) }.max()
      return formula.referenceScore(cosine: image, bestReferenceCosine: best ?? 0)
    }
  }

  private func embed(_ texts: [String]) throws {
    guard !texts.isEmpty else { return }
    let embedded = try embedder.embedTexts(texts.map { CLIPScoreDefinition.hessel.prefix + $0 })
    for (index, text) in texts.enumerated() { known[text] = Array(embedded[index]) }
  }
}
