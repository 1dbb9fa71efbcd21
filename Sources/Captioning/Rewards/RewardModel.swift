import CLIP
package import CaptionMetrics
import Compute
import Foundation
package import Training

/// A weighted sum of rewards, of the captions of a set of images.
package final class RewardModel {
  /// The rewards of some captions.
  package struct Scores {
    /// What training maximises, a value for each caption.
    package var total: [Double]
    /// Each part without its weight.
    package var parts: [(name: String, values: [Double])]

    /// Takes rewards.
    package init(total: [Double], parts: [(name: String, values: [Double])]) {
      self.total = total
      self.parts = parts
    }

    /// The mean of each part and of the sum, by their names in logs.
    var means: [(name: String, value: Double)] {
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
      return [("reward", mean(total))] + parts.map { ("reward_\($0.name)", mean($0.values)) }
    }
  }

  let expression: RewardExpression
  private let rewards: [any CaptionReward]
  private let set: TrainingSet
  private let standardizes: Bool

  /// What rewards are computed with.
  struct Setup {
    /// The model of CLIPScores: what `--model` takes.
    var model: String
    /// The head of the grammar reward; nil where there is none.
    var grammar: GrammarHead?
    /// The references whose n-grams CIDEr counts; nil for those of the set.
    var documentFrequency: DocumentFrequency?
    /// Where embeddings are cached.
    var cache: URL
    var threads: Int
    var progress: (String, Int, Int) -> Void
  }

  /// - Parameters:
  ///   - items: the items whose captions are rewarded.
  ///   - standardizes: whether each part is standardised over the captions of an image.
  /// - Throws: ``CaptioningError``, what the metrics' tables and the model throw.
  init(
    _ expression: RewardExpression, set: TrainingSet, items: [Int], standardizes: Bool = false, _ setup: Setup
  ) throws {
    self.expression = expression
    self.set = set
    self.standardizes = standardizes
    var references: [Int: [String]] = [:]
    for item in items { references[item] = set.captionRows(item).map(set.caption) }
    let rewarded = Set(items)
    var embedder: CLIPEmbedder?
    var images: Embeddings?
    rewards = try expression.terms.map { term in
      if term.name.needsReferences, let bare = items.first(where: { references[$0]?.isEmpty != false }) {
        throw CaptioningError.noReferences(reward: term.name.rawValue, item: set.id(bare))
      }
      var counted = setup.documentFrequency
      if term.name == .cider, counted == nil {
        counted = try RewardModel.documentFrequency(of: set, items: items)
      }
      let comparing = try term.name.wordReward(
        documentFrequency: counted, hasEnds: true, threads: setup.threads)
      if let comparing {
        try comparing.prepare(references)
        return comparing
      }
      let model =
        try embedder
        ?? CLIPEmbedder(
          opening: ModelLocator.resolve(setup.model), options: CLIPEmbedder.Options(threads: setup.threads))
      embedder = model
      if term.name == .grammar { return try GrammarReward(setup.grammar, embedder: model) }
      func cache(_ key: UInt64) -> EmbeddingCache { EmbeddingCache(of: model, in: setup.cache, key: key) }
      let files = set.imageFiles
      let shown =
        try images
        ?? cache(set.imageFingerprint).embeddings(files.count, of: "reward-images") { range in
          defer { setup.progress("images of the reward", range.upperBound, files.count) }
          let embedded = try model.embedImages(at: Array(files[range]), keepGoing: true)
          // Only images whose captions are not rewarded may be missing.
          if let failure = embedded.failures.filter({ rewarded.contains(range.lowerBound + $0.key) }).min(
            by: { $0.key < $1.key })
          {
            throw failure.value
          }
          return embedded.embeddings
        }
      images = shown
      guard term.name == .reflclip else { return CLIPReward(model) { shown[$0] } }
      let texts = try cache(set.fingerprint).embeddings(set.captionCount, of: "reward-references") { range in
        defer { setup.progress("references of the reward", range.upperBound, set.captionCount) }
        return try model.embedTexts(range.map { CLIPScoreDefinition.hessel.prefix + set.caption($0) })
          .embeddings
      }
      return CLIPReward(model) {
        shown[$0]
      } references: {
        set.captionRows($0).map { texts[$0] }
      }
    }
  }

  /// In how many images each n-gram of the references is found, the end of a reference counted as a word.
  package static func documentFrequency(of set: TrainingSet, items: [Int]) throws -> DocumentFrequency {
    try DocumentFrequency(
      references: items.map { set.captionRows($0).map { EndWord.added(to: set.caption($0)) } })
  }

  /// The rewards of captions.
  ///
  /// - Throws: ``CaptioningError/rewardNotFinite(reward:item:caption:)``, what the rewards throw.
  func scores(_ captions: [RewardedCaption]) throws -> Scores {
    try Self.scores(captions, expression, rewards, standardizes: standardizes, id: set.id)
  }

  /// The weighted sum of some rewards.
  ///
  /// - Parameter id: what messages call an item.
  /// - Throws: ``CaptioningError/rewardNotFinite(reward:item:caption:)``, what the rewards throw.
  package static func scores(
    _ captions: [RewardedCaption], _ expression: RewardExpression, _ rewards: [any CaptionReward],
    standardizes: Bool, id: (Int) -> String
  ) throws -> Scores {
    var total = [Double](repeating: 0, count: captions.count)
    var parts: [(name: String, values: [Double])] = []
    for (term, reward) in zip(expression.terms, rewards) {
      let values = try reward.scores(captions)
      if let bad = values.firstIndex(where: { !$0.isFinite }) {
        throw CaptioningError.rewardNotFinite(
          reward: term.name.rawValue, item: id(captions[bad].item), caption: captions[bad].text)
      }
      parts.append((term.name.rawValue, values))
      let counted = standardizes ? standardized(values, items: captions.map(\.item)) : values
      for index in total.indices { total[index] += term.weight * counted[index] }
    }
    return Scores(total: total, parts: parts)
  }

  /// Values less their mean over the captions of an image, by their standard deviation. The captions may stand in any order.
  static func standardized(_ values: [Double], items: [Int]) -> [Double] {
    var result = values
    for own in RewardBaseline.places(of: items) {
      let (mean, deviation) = moments(values, own)
      for index in own { result[index] = deviation > 1e-8 ? (values[index] - mean) / deviation : 0 }
    }
    return result
  }

  /// How much more samples are worth than one caption of each image, such as the greedy one.
  ///
  /// Where parts are standardised, what a sample has more is divided by the standard deviation of the samples: the one caption alone
  /// has none.
  ///
  /// - Parameters:
  ///   - baseline: the rewards of one caption an image, in the order in which the images come first in `items`.
  ///   - items: the image of each sample.
  package static func advantages(
    _ samples: Scores, over baseline: Scores, _ expression: RewardExpression, items: [Int], standardizes: Bool
  ) -> [Double] {
    var result = [Double](repeating: 0, count: items.count)
    let places = RewardBaseline.places(of: items)
    for (term, (part, bars)) in zip(expression.terms, zip(samples.parts, baseline.parts)) {
      for (own, bar) in zip(places, bars.values) {
        let unit = standardizes ? moments(part.values, own).deviation : 1
        guard unit > 1e-8 else { continue }
        for index in own { result[index] += term.weight * (part.values[index] - bar) / unit }
      }
    }
    return result
  }

  /// The mean and the standard deviation of the values at some places.
  private static func moments(_ values: [Double], _ places: [Int]) -> (mean: Double, deviation: Double) {
    let mean = places.reduce(0) { $0 + values[$1] } / Double(places.count)
    let squares = places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) }
    return (mean, (squares / Double(places.count)).squareRoot())
  }
}
