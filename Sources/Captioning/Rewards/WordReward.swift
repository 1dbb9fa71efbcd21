import CaptionMetrics
import Foundation
import Synchronization

/// A caption with what it is compared with.
private struct RewardKey: Hashable {
  var item: Int
  var text: String
}

/// A metric that compares words with those of an image's references.
struct WordReward<Metric: WordMetric>: CaptionReward {
  private let metric: Metric
  private let scale: Int
  /// By item.
  private let references: [Int: Metric.References]
  private let threads: Int

  /// - Parameters:
  ///   - scale: which of the metric's values is the reward.
  ///   - references: the references of each item, without ends.
  /// - Throws: `NGramMetricError`.
  init(_ metric: Metric, scale: Int = 0, references: [Int: [String]], threads: Int) throws {
    self.metric = metric
    self.scale = scale
    self.threads = threads
    self.references = try references.mapValues { try metric.prepare($0.map(EndWord.added)) }
  }

  func scores(_ captions: [RewardedCaption]) throws -> [Double] {
    // A caption that was drawn twice for an image is compared once.
    var places: [RewardKey: Int] = [:]
    var distinct: [RewardKey] = []
    let owners = captions.map { caption in
      let key = RewardKey(
        item: caption.item, text: caption.isFinished ? EndWord.added(to: caption.text) : caption.text)
      if let place = places[key] { return place }
      places[key] = distinct.count
      distinct.append(key)
      return distinct.count - 1
    }
    let keys = distinct
    let values = Mutex([Double](repeating: 0, count: keys.count))
    let shares = max(1, min(threads, keys.count / 16))
    DispatchQueue.concurrentPerform(iterations: shares) { share in
      let range = keys.count * share / shares..<keys.count * (share + 1) / shares
      let found = keys[range].map { key in
        references[key.item].map { metric.scores(key.text, against: $0)[scale] } ?? 0
      }
      values.withLock { $0.replaceSubrange(range, with: found) }
    }
    let all = values.withLock { $0 }
    return owners.map { all[$0] }
  }
}
