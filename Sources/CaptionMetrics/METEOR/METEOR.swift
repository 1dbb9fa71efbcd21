import Foundation
import Synchronization

/// METEOR 1.5 for English (Denkowski and Lavie 2014), as `meteor-1.5.jar -l en -norm` computes it for
/// pycocoevalcap 1.2: words of a candidate are aligned with those of a reference where they are equal, have the same
/// stem, share a synonym set or stand in paraphrases of each other.
public struct METEOR: Sendable {
  private let table: METEORTable
  /// How many threads work; nil for all CPU cores. The values do not depend on it.
  public var threads: Int?

  /// Makes the metric.
  ///
  /// - Parameter table: METEOR's own tables, which `plumb meteor install` makes.
  public init(table: METEORTable, threads: Int? = nil) {
    self.table = table
    self.threads = threads
  }

  /// One sentence where a caption is longer than what is compared.
  public func warning(for corpus: TokenizedCorpus) -> String? {
    let long = [corpus.candidates, corpus.references].reduce(0) { sum, captions in
      sum + (0..<captions.count).count { captions.wordRange($0).count > METEORCaptions.wordLimit }
    }
    guard long > 0 else { return nil }
    return "METEOR compared \(long == 1 ? "one caption by its" : "\(long) captions by their") first "
      + "\(METEORCaptions.wordLimit) words."
  }

  /// The value of the counts of all candidates added up, each against its best reference, and the value of each.
  public func score(_ corpus: TokenizedCorpus) -> MetricResult { Self.result(statistics(corpus)) }

  private func statistics(_ corpus: TokenizedCorpus) -> [METEORStatistics] {
    statistics(
      (0..<corpus.count).map { corpus.text(corpus.candidates, $0) },
      (0..<corpus.count).map { item in
        corpus.referenceRange(item).map { corpus.text(corpus.references, $0) }
      })
  }

  /// Counts of candidates that are words with spaces between.
  private func statistics(_ candidates: [String], _ references: [[String]]) -> [METEORStatistics] {
    var lexicon = METEORLexicon(table)
    let normalizer = METEORNormalizer(table)
    // Bars end a reference on the jar's input; pycocoevalcap takes them out of candidates only.
    let lists = references.map { $0.flatMap(METEORNormalizer.splitAtBars) }
    var ends: [Int] = []
    for list in lists { ends.append((ends.last ?? 0) + list.count) }
    let references = METEORCaptions(Array(lists.joined()), &lexicon, normalizer)
    let candidates = METEORCaptions(candidates.map(METEORNormalizer.cleaned), &lexicon, normalizer)
    return compare(candidates, references, lexicon) { [ends] in ($0 == 0 ? 0 : ends[$0 - 1])..<ends[$0] }
  }

  /// Counts of every candidate, in blocks that threads take.
  private func compare(
    _ candidates: METEORCaptions, _ references: METEORCaptions, _ lexicon: METEORLexicon,
    referenceRange: @Sendable (Int) -> Range<Int>
  ) -> [METEORStatistics] {
    let blockSize = 64
    let blockCount = (candidates.count + blockSize - 1) / blockSize
    let threads = max(1, min(threads ?? ProcessInfo.processInfo.activeProcessorCount, blockCount))
    let next = Atomic<Int>(0)
    let done = Mutex<[[METEORStatistics]]>(Array(repeating: [], count: blockCount))
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      var comparison = METEORComparison(lexicon, table)
      while true {
        let block = next.add(1, ordering: .relaxed).oldValue
        guard block < blockCount else { return }
        let items = block * blockSize..<min(candidates.count, (block + 1) * blockSize)
        let statistics = items.map { item in
          comparison.best(candidates[item], referenceRange(item).map { references[$0] })
        }
        done.withLock { $0[block] = statistics }
      }
    }
    return Array(done.withLock { $0 }.joined())
  }

  private static func result(_ statistics: [METEORStatistics]) -> MetricResult {
    var total = METEORStatistics()
    for item in statistics { total.add(item) }
    return MetricResult(name: "METEOR", corpus: total.score, perItem: statistics.map(\.score))
  }
}

extension METEOR {
  /// Values of captions that are words with spaces between already, as pycocoevalcap hands them to METEOR, with
  /// the counts behind them as the jar prints them.
  package func score(
    words candidates: [String], references: [[String]]
  ) -> (result: MetricResult, counts: [String]) {
    let statistics = statistics(candidates, references)
    return (Self.result(statistics), statistics.map(\.text))
  }

  /// The values, and the counts behind them.
  package func scoreAndCounts(_ corpus: TokenizedCorpus) -> (result: MetricResult, counts: [String]) {
    let statistics = statistics(corpus)
    return (Self.result(statistics), statistics.map(\.text))
  }
}

/// Normalised captions as numbers of words, end to end.
///
/// Of a long caption the first words are taken: the search takes time with the square of their number.
private struct METEORCaptions: Sendable {
  static let wordLimit = 500

  private var words: [Int32] = []
  private var ends: [Int] = []

  var count: Int { ends.count }

  subscript(index: Int) -> ArraySlice<Int32> { words[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

  init(_ captions: [String], _ lexicon: inout METEORLexicon, _ normalizer: METEORNormalizer) {
    for caption in captions {
      let text = normalizer.normalize(caption)
      for word in text.split(separator: UInt8(ascii: " ")).prefix(Self.wordLimit) {
        words.append(lexicon.number(of: word))
      }
      ends.append(words.count)
    }
  }
}
