import Foundation
import JSON
import Synchronization
import TextProcessing

/// METEOR 1.5 for English (Denkowski and Lavie 2014), as `meteor-1.5.jar -l en -norm` computes it for
/// pycocoevalcap 1.2: words of a candidate are aligned with those of a reference where they are equal, have the same
/// stem, share a synonym set or stand in paraphrases of each other.
public struct METEOR: WordMetric {
  /// `meteor`; takes a ``METEORTable`` of the setup, or opens the one that is installed.
  public static let registration = MetricRegistration(
    name: "meteor", title: "METEOR", spellings: ["meteor15"], needs: .references,
    tables: MetricTables(
      areInstalled: { METEORTable.areInstalled }, remedy: "its tables (run plumb meteor install)",
      missing: METEORError.missingTable(path: ""))
  ) { setup in
    METEOR(
      table: try setup[METEORTable.self] ?? METEORTable(contentsOf: METEORTable.installedFile),
      threads: setup.threads)
  }

  private static let scale = MetricScale(
    name: "METEOR", range: 0...1, legend: "aligned words, stems, synonyms and paraphrases, 0 to 1")

  private let table: METEORTable
  private let workers: METEORWorkers
  /// How many threads work; nil for all CPU cores. The values do not depend on it.
  public var threads: Int?

  /// Makes the metric.
  ///
  /// - Parameter table: METEOR's own tables, which `plumb meteor install` makes.
  public init(table: METEORTable, threads: Int? = nil) {
    self.table = table
    self.threads = threads
    workers = METEORWorkers(table)
  }

  /// METEOR.
  public var scales: [MetricScale] { [Self.scale] }

  /// The value of the counts of all candidates added up, each against its best reference, and the value of each.
  public func score(_ corpus: TokenizedCorpus) -> MetricResult { result(of: statistics(of: corpus)) }

  /// The value of the counts of all candidates added up, and the value of each.
  public func results(of statistics: METEORCorpusStatistics) -> [MetricResult] { [result(of: statistics)] }

  /// The counts of each candidate against its best reference.
  public func sums(of statistics: METEORCorpusStatistics) -> CorpusSums {
    CorpusSums(width: METEORStatistics.width, summands: statistics.items.flatMap(\.summands)) {
      [METEORStatistics(sums: $0).score]
    }
  }

  private func result(of statistics: METEORCorpusStatistics) -> MetricResult {
    var total = METEORStatistics()
    for item in statistics.items { total.add(item) }
    return MetricResult(Self.scale, corpus: total.score, perItem: statistics.items.map(\.score))
  }

  /// Counts each candidate against its best reference.
  public func statistics(of corpus: TokenizedCorpus) -> METEORCorpusStatistics {
    var statistics = METEORCorpusStatistics(
      statistics(
        (0..<corpus.count).map { corpus.candidates.text($0, corpus.vocabulary) },
        (0..<corpus.count).map { item in
          corpus.referenceRange(item).map { corpus.references.text($0, corpus.vocabulary) }
        }))
    statistics.longCaptions = [corpus.candidates, corpus.references].reduce(0) { sum, captions in
      sum + (0..<captions.count).count { captions.wordRange($0).count > METEORWords.limit }
    }
    return statistics
  }

  /// The tables.
  public func sources(of statistics: METEORCorpusStatistics) -> [MetricSource] {
    [
      MetricSource(
        key: "meteor_tables", value: .string(table.checksum), signatureKey: "meteor",
        signature: "1.5-\(table.checksum.prefix(16))")
    ]
  }

  /// One sentence where a caption is longer than what is compared.
  public func warnings(of statistics: METEORCorpusStatistics) -> [String] {
    let long = statistics.longCaptions
    guard long > 0 else { return [] }
    return [
      "METEOR compared \(long == 1 ? "one caption by its" : "\(long) captions by their") first "
        + "\(METEORWords.limit) words."
    ]
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
      var comparison = METEORComparison(table)
      while true {
        let block = next.add(1, ordering: .relaxed).oldValue
        guard block < blockCount else { return }
        let items = block * blockSize..<min(candidates.count, (block + 1) * blockSize)
        let statistics = items.map { item in
          comparison.best(candidates[item], referenceRange(item).map { references[$0] }, lexicon)
        }
        done.withLock { $0[block] = statistics }
      }
    }
    return Array(done.withLock { $0 }.joined())
  }
}

extension METEOR {
  /// Prepares the references of one image.
  ///
  /// - Throws: ``NGramMetricError/noReferences(item:)``.
  public func prepare(_ references: [String]) throws -> METEORReferences {
    guard !references.isEmpty else { throw NGramMetricError.noReferences(item: 0) }
    let normalizer = METEORNormalizer(table)
    let texts = PTBTokenizer().tokenize(references).map { $0.joined(separator: " ") }
    return METEORReferences(
      captions: texts.flatMap(METEORNormalizer.splitAtBars).map { METEORWords(normalizer.normalize($0)) })
  }

  /// The value of one candidate, a text of its own.
  public func score(_ candidate: String, against references: METEORReferences) -> Double {
    let text = METEORNormalizer.cleaned(PTBTokenizer().tokenize(candidate).joined(separator: " "))
    return workers.withWorker { $0.statistics(text, references).score }
  }

  /// The value of one candidate, a text of its own.
  public func scores(_ candidate: String, against references: METEORReferences) -> [Double] {
    [score(candidate, against: references)]
  }

  /// Values of captions that are words with spaces between already, as pycocoevalcap hands them to METEOR, with
  /// the counts behind them as the jar prints them.
  package func score(
    words candidates: [String], references: [[String]]
  ) -> (result: MetricResult, counts: [String]) {
    let statistics = statistics(candidates, references)
    return (result(of: METEORCorpusStatistics(statistics)), statistics.map(\.text))
  }

  /// The values, and the counts behind them.
  package func scoreAndCounts(_ corpus: TokenizedCorpus) -> (result: MetricResult, counts: [String]) {
    let statistics = statistics(of: corpus)
    return (result(of: statistics), statistics.items.map(\.text))
  }
}

/// Normalised captions as numbers of words, end to end.
private struct METEORCaptions: Sendable {
  private var words: [Int32] = []
  private var ends: [Int] = []

  var count: Int { ends.count }

  subscript(index: Int) -> ArraySlice<Int32> { words[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

  init(_ captions: [String], _ lexicon: inout METEORLexicon, _ normalizer: METEORNormalizer) {
    for caption in captions {
      words += METEORWords(normalizer.normalize(caption)).numbers(&lexicon)
      ends.append(words.count)
    }
  }
}
