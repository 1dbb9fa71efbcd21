import CLIP
import CaptionData
import Foundation
import TextProcessing
import Training

/// Captions as words, and the features of their images.
struct CaptionTrainingData {
  private let trainingSet: TrainingSet
  let features: FeatureStore
  let vocabulary: CaptionVocabulary
  /// The words of each caption, by its row in the set.
  private let captions: [[Int32]]
  /// Items with a caption and an image that can be read.
  let items: [Int]
  /// Items whose captions have no words.
  private let wordless: [Int]
  private let maxLength: Int
  private let captionsPerImage: Int
  private let seed: UInt64

  /// - Parameters:
  ///   - vocabulary: nil for the words that occur at least `minimum` times.
  ///   - maxLength: the most words of a caption, its end counted as one.
  ///   - captionsPerImage: how many of an image's captions an epoch has.
  /// - Throws: ``CaptioningError/noCaptions(source:)``, ``CaptioningError/noFrequentWord(source:minimum:)``, `DataError`.
  init(
    _ set: TrainingSet, features: FeatureStore, vocabulary: CaptionVocabulary?, minimum: Int, maxLength: Int,
    captionsPerImage: Int, missingShare: Double, seed: UInt64
  ) throws {
    trainingSet = set
    self.features = features
    self.maxLength = maxLength
    self.captionsPerImage = captionsPerImage
    self.seed = seed
    let tokens = PTBTokenizer().tokenize((0..<set.captionCount).map(set.caption))
    let words = vocabulary ?? CaptionVocabulary(captions: tokens, minimum: minimum)
    self.vocabulary = words
    captions = tokens.map { words.encode($0) }
    if Double(features.failures.count) > missingShare * Double(set.count) {
      throw DataError.tooManySkipped(
        source: set.name, count: features.failures.count, of: set.count, share: missingShare,
        first: features.failures.sorted { $0.key < $1.key }.prefix(5).map { "\(set.id($0.key)): \($0.value)" }
      )
    }
    let captions = self.captions
    let readable = (0..<set.count).filter { features.failures[$0] == nil }
    func hasWords(_ item: Int) -> Bool { set.captionRows(item).contains { !captions[$0].isEmpty } }
    items = readable.filter(hasWords)
    wordless = readable.filter { !hasWords($0) }
    guard !items.isEmpty else { throw CaptioningError.noCaptions(source: set.name) }
    guard words.count > CaptionVocabulary.specials.count else {
      throw CaptioningError.noFrequentWord(source: set.name, minimum: minimum)
    }
  }

  /// What tells whether the same items are trained on: see ``TrainingTask/dataFingerprint``.
  func describe(in run: inout RunDescription) {
    run.add("data", trainingSet.fingerprint)
    let trained = Set(items)
    for item in 0..<trainingSet.count where !trained.contains(item) { run.add("skipped", item) }
  }

  /// Why items are skipped.
  var skipped: [SkippedItem] {
    trainingSet.skipped
      + features.failures.sorted { $0.key < $1.key }.map {
        SkippedItem(id: trainingSet.id($0.key), reason: $0.value)
      }
      + wordless.map {
        SkippedItem(id: trainingSet.id($0), reason: "\(trainingSet.id($0)): no caption has a word in it")
      }
  }

  /// The captions of an item that an epoch trains on, as words; which they are follows from the seed and the epoch.
  func captions(of item: Int, epoch: Int) -> [[Int32]] {
    var rows = trainingSet.captionRows(item).filter { !captions[$0].isEmpty }
    if rows.count > captionsPerImage {
      var random = DataRandom(seed: seed, epoch: epoch, item: item, purpose: .caption)
      for place in 0..<captionsPerImage { rows.swapAt(place, place + random.below(rows.count - place)) }
      rows = Array(rows.prefix(captionsPerImage))
    }
    return rows.map { captions[$0] }
  }

  /// The features of some items, each in the view of the epoch.
  func grids(_ items: [Int], epoch: Int) -> [Float] {
    features.grids(items) { item in
      guard features.views > 1 else { return 0 }
      // Every view in its turn, so that each is seen as often.
      var random = DataRandom(seed: seed, item: item, purpose: .other)
      return (random.below(features.views) + epoch) % features.views
    }
  }

  /// See ``CaptionLayout/steps(of:maxLength:)``.
  func steps(of caption: [Int32]) -> (inputs: [Int32], targets: [Int32]) {
    CaptionLayout.steps(of: caption, maxLength: maxLength)
  }
}
