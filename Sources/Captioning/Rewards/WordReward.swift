import CaptionMetrics
import Foundation
import Synchronization

/// A caption with what it is compared with.
private struct RewardKey: Hashable {
  var item: Int
  var text: String
}

/// A reward that compares captions with the references of their items.
protocol ReferenceReward: CaptionReward {
  /// Takes the references of items, without ends; those that an item had before give way.
  ///
  /// - Throws: `NGramMetricError`, `METEORError`.
  func prepare(_ references: [Int: [String]]) throws
}

/// A metric that compares words with those of an image's references.
final class WordReward<Metric: WordMetric>: ReferenceReward {
  private let metric: Metric
  private let scale: Int
  /// By item.
  private var references: [Int: Metric.References] = [:]
  private let hasEnds: Bool
  private let threads: Int

  /// - Parameters:
  ///   - scale: which of the metric's values is the reward.
  ///   - hasEnds: whether the end of a caption counts as a word, ``EndWord``.
  init(_ metric: Metric, scale: Int = 0, hasEnds: Bool, threads: Int) {
    self.metric = metric
    self.scale = scale
    self.hasEnds = hasEnds
    self.threads = threads
  }

  func prepare(_ references: [Int: [String]]) throws {
    for (item, texts) in references {
      self.references[item] = try metric.prepare(hasEnds ? texts.map(EndWord.added) : texts)
    }
  }

  func scores(_ captions: [RewardedCaption]) throws -> [Double] {
    // A caption that was drawn twice for an image is compared once.
    var places: [RewardKey: Int] = [:]
    var distinct: [RewardKey] = []
    let owners = captions.map { caption in
      let key = RewardKey(
        item: caption.item,
        text: hasEnds && caption.isFinished ? EndWord.added(to: caption.text) : caption.text)
      if let place = places[key] { return place }
      places[key] = distinct.count
      distinct.append(key)
      return distinct.count - 1
    }
    let (keys, references, metric, scale) = (distinct, references, metric, scale)
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

extension RewardExpression.Name {
  /// Whether the references of an image are looked at.
  package var needsReferences: Bool { self == .reflclip || isOfWords }
  /// Whether a model is.
  package var needsModel: Bool { !isOfWords }
  /// Whether the image is.
  package var needsImage: Bool { [.lclip, .clip, .reflclip].contains(self) }
  /// Whether words are compared.
  var isOfWords: Bool { [.bleu1, .bleu2, .bleu3, .bleu4, .rouge, .meteor, .cider].contains(self) }

  /// The reward, still without references; nil for one that does not compare words.
  ///
  /// - Parameter documentFrequency: for CIDEr.
  /// - Throws: What METEOR's tables throw.
  func wordReward(
    documentFrequency: DocumentFrequency?, hasEnds: Bool, threads: Int
  ) throws -> (any ReferenceReward)? {
    func words(_ metric: some WordMetric, scale: Int = 0) -> any ReferenceReward {
      WordReward(metric, scale: scale, hasEnds: hasEnds, threads: threads)
    }
    switch self {
    case .bleu1: return words(BLEU(), scale: 0)
    case .bleu2: return words(BLEU(), scale: 1)
    case .bleu3: return words(BLEU(), scale: 2)
    case .bleu4: return words(BLEU(), scale: 3)
    case .rouge: return words(ROUGEL())
    case .meteor:
      return words(METEOR(table: try METEORTable(contentsOf: METEORTable.installedFile), threads: 1))
    case .cider: return words(CIDEr(documentFrequency: documentFrequency))
    case .lclip, .clip, .reflclip, .grammar: return nil
    }
  }
}
