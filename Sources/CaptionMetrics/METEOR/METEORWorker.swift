import Synchronization

/// The references of one image as METEOR compares with them.
public struct METEORReferences: Sendable {
  let captions: [METEORWords]
}

/// The words of a normalised caption.
///
/// Of a long caption the first words are taken: the search takes time with the square of their number.
struct METEORWords: Sendable {
  /// How many words are taken.
  static let limit = 500

  private let words: [ArraySlice<UInt8>]

  init(_ text: [UInt8]) { words = Array(text.split(separator: UInt8(ascii: " ")).prefix(Self.limit)) }

  /// The numbers of the words, which are added where they are new.
  func numbers(_ lexicon: inout METEORLexicon) -> [Int32] { words.map { lexicon.number(of: $0) } }
}

/// Compares captions that come one at a time; keeps what it learns of their words.
struct METEORWorker {
  /// A lexicon of so many words is begun anew.
  private static let wordLimit = 100_000

  private let table: METEORTable
  private let normalizer: METEORNormalizer
  private var lexicon: METEORLexicon
  private var comparison: METEORComparison

  init(_ table: METEORTable) {
    self.table = table
    normalizer = METEORNormalizer(table)
    lexicon = METEORLexicon(table)
    comparison = METEORComparison(table)
  }

  /// The counts of a candidate, words with spaces between, against its best reference.
  mutating func statistics(_ candidate: String, _ references: METEORReferences) -> METEORStatistics {
    if lexicon.count > Self.wordLimit { self = METEORWorker(table) }
    let references = references.captions.map { $0.numbers(&lexicon)[...] }
    let candidate = METEORWords(normalizer.normalize(candidate)).numbers(&lexicon)
    return comparison.best(candidate[...], references, lexicon)
  }
}

/// The workers of a metric: as many as threads ever asked at one time.
final class METEORWorkers: Sendable {
  private let table: METEORTable
  private let idle = Mutex<[METEORWorker]>([])

  init(_ table: METEORTable) { self.table = table }

  /// Calls `body` with a worker that nobody else has meanwhile.
  func withWorker<Result>(_ body: (inout METEORWorker) -> Result) -> Result {
    var worker = idle.withLock { $0.popLast() } ?? METEORWorker(table)
    let result = body(&worker)
    idle.withLock { $0.append(worker) }
    return result
  }
}
