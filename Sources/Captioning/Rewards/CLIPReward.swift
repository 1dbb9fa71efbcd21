import CLIP
import CaptionMetrics
import Foundation

/// CLIPScore by a model, and RefCLIPScore where references are embedded.
final class CLIPReward: CaptionReward {
  private let texts: TextEmbeddings
  private let formula: CLIPScoreFormula
  private let image: (Int) -> ArraySlice<Float>
  private let references: ((Int) -> [ArraySlice<Float>])?

  /// - Parameters:
  ///   - image: the unit embedding of an item's image.
  ///   - references: those of an item's references, for RefCLIPScore; nil for CLIPScore.
  init(
    _ embedder: CLIPEmbedder, image: @escaping (Int) -> ArraySlice<Float>,
    references: ((Int) -> [ArraySlice<Float>])? = nil
  ) {
    texts = TextEmbeddings(embedder, prefix: CLIPScoreDefinition.hessel.prefix)
    self.image = image
    self.references = references
    formula = CLIPScoreFormula(.hessel, calibration: embedder.scoreCalibration)
  }

  func scores(_ captions: [RewardedCaption]) throws -> [Double] {
    let embedded = try texts(captions.map(\.text))
    return zip(captions, embedded).map { caption, text in
      guard !caption.text.isEmpty else { return 0 }
      let similarity = cosine(image(caption.item), text[...])
      guard let references else { return formula.score(cosine: similarity) }
      let best = references(caption.item).map { cosine($0, text[...]) }.max()
      return formula.referenceScore(cosine: similarity, bestReferenceCosine: best ?? 0)
    }
  }
}
