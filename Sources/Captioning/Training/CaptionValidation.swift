import CLIP
import CaptionMetrics
import Foundation
import Training

/// Measures a captioner in training: captions of development images against their references.
struct CaptionValidation {
  private let set: TrainingSet
  private let features: FeatureStore
  /// Images that can be read and have references.
  let items: [Int]
  private let options: GenerationOptions
  private let threads: Int?

  /// Images that are described together.
  private static let atOnce = 32

  init(_ set: TrainingSet, features: FeatureStore, options: GenerationOptions, threads: Int?) {
    self.set = set
    self.features = features
    self.options = options
    self.threads = threads
    items = (0..<set.count).filter { features.failures[$0] == nil && !set.captionRows($0).isEmpty }
  }

  /// What tells whether the same images are described: see ``TrainingTask/dataFingerprint``.
  func describe(in run: inout RunDescription) {
    run.add("validation", set.fingerprint)
    run.add("validation.items", items.count)
  }

  /// The captions of all images, best first.
  func captions(_ model: CaptionerCheckpoint) throws -> [[GeneratedCaption]] {
    let decoder = try CaptionDecoder(model.tensors, model.configuration, threads: threads)
    let generator = try CaptionGenerator(decoder, vocabulary: model.vocabulary, options: options)
    var captions: [[GeneratedCaption]] = []
    for first in stride(from: 0, to: items.count, by: Self.atOnce) {
      let some = Array(items[first..<min(first + Self.atOnce, items.count)])
      captions += try features.grids(some).withUnsafeBufferPointer { try generator.captions($0, ids: some) }
    }
    return captions
  }

  /// BLEU-4 and CIDEr, and what tells whether a captioner collapses.
  func callAsFunction(_ model: CaptionerCheckpoint) throws -> ValidationResult { try measure(model).result }

  /// The same with the captions that were measured.
  func measure(_ model: CaptionerCheckpoint) throws -> (
    result: ValidationResult, captions: [RewardedCaption], corpus: TokenizedCorpus
  ) {
    let captions = try captions(model).compactMap(\.first)
    let described = zip(items, captions).map { item, caption in
      RewardedCaption(
        item: item, text: model.vocabulary.text(of: caption.words), isFinished: caption.isFinished)
    }
    let corpus = try TokenizedCorpus(
      candidates: described.map(\.text),
      references: items.map { set.captionRows($0).map(set.caption) }, threads: threads)
    let cider = CIDEr().results(on: corpus).first?.corpus ?? 0
    let bleu = BLEU().results(on: corpus).last?.corpus ?? 0
    let quality = CaptionQuality(
      captions, endings: model.vocabulary.numbers(of: GenerationOptions.commonForbiddenEndings))
    return (
      ValidationResult([("CIDEr", cider), ("BLEU-4", bleu)] + quality.measures, score: cider), described,
      corpus
    )
  }
}
