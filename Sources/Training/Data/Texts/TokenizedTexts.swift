public import CLIP
public import Compute
import Synchronization

/// Texts as tokens, packed end to end without padding.
public struct TextBatch: Sendable, Equatable {
  /// All tokens, one text after the other, each from start-of-text to end-of-text.
  public var ids: [Int32]
  /// Where each text begins in ``ids``, and at the end where the last one ends: one more than there are texts.
  public var offsets: [Int32]

  /// Creates a batch from its parts.
  public init(ids: [Int32], offsets: [Int32]) {
    self.ids = ids
    self.offsets = offsets
  }

  /// The number of texts.
  public var count: Int { max(0, offsets.count - 1) }

  /// The number of tokens of each text.
  public var lengths: [Int] { zip(offsets, offsets.dropFirst()).map { Int($1 - $0) } }
}

/// The captions of a set, tokenized once.
public struct TokenizedTexts: Sendable {
  private let ids: [Int32]
  private let offsets: [Int]
  /// The number of texts that were cut to the context.
  public let truncatedCount: Int
  /// The most tokens of a text.
  public let longest: Int
  /// The most tokens that a text may have.
  public let contextLength: Int

  /// Tokenizes all captions of a set; row i is that of caption i.
  ///
  /// - Throws: ``TokenizerError/contextTooShort(contextLength:)``.
  public init(
    _ set: TrainingSet, tokenizer: CLIPTokenizer, contextLength: Int, threads: Int = Hardware.coreCount
  ) throws {
    try self.init(
      count: set.captionCount, tokenizer: tokenizer, contextLength: contextLength, threads: threads,
      text: set.caption)
  }

  /// Tokenizes texts.
  ///
  /// - Throws: ``TokenizerError/contextTooShort(contextLength:)``.
  public init(
    texts: [String], tokenizer: CLIPTokenizer, contextLength: Int, threads: Int = Hardware.coreCount
  ) throws {
    try self.init(
      count: texts.count, tokenizer: tokenizer, contextLength: contextLength, threads: threads,
      text: { texts[$0] })
  }

  /// Takes texts that are tokens already.
  package init(tokens: [[Int32]], contextLength: Int) {
    ids = tokens.flatMap(\.self)
    offsets = tokens.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    self.contextLength = contextLength
    truncatedCount = 0
    longest = tokens.map(\.count).max() ?? 0
  }

  /// The tokens of a stretch of the texts.
  private struct Part: Sendable {
    var ids: [Int32] = []
    var ends: [Int] = []
    var truncated = 0
    var longest = 0
  }

  private init(
    count: Int, tokenizer: CLIPTokenizer, contextLength: Int, threads: Int, text: (Int) -> String
  ) throws {
    let pool = ThreadPool(count: max(1, min(threads, count / 256)))
    let parts = Mutex([Part](repeating: Part(), count: pool.count))
    let failure = FirstError()
    pool.run { member in
      var part = Part()
      do {
        for row in pool.share(of: count, member: member) {
          let tokens = try tokenizer.tokenize(text(row), contextLength: contextLength)
          part.ids += tokens.ids
          part.ends.append(part.ids.count)
          part.truncated += tokens.isTruncated ? 1 : 0
          part.longest = max(part.longest, tokens.ids.count)
        }
      } catch {
        failure.note(error)
      }
      parts.withLock { $0[member] = part }
    }
    try failure.check()
    var ids: [Int32] = []
    var offsets = [0]
    offsets.reserveCapacity(count + 1)
    let all = parts.withLock { $0 }
    ids.reserveCapacity(all.reduce(0) { $0 + $1.ids.count })
    for part in all {
      let start = ids.count
      ids += part.ids
      offsets += part.ends.lazy.map { $0 + start }
    }
    self.ids = ids
    self.offsets = offsets
    self.contextLength = contextLength
    truncatedCount = all.reduce(0) { $0 + $1.truncated }
    longest = all.reduce(0) { max($0, $1.longest) }
  }

  /// The number of texts.
  public var count: Int { offsets.count - 1 }
  /// The number of tokens of all texts.
  public var tokenCount: Int { ids.count }

  /// The tokens of a text; none where there is no such row.
  public subscript(row: Int) -> ArraySlice<Int32> {
    guard (0..<count).contains(row) else { return [] }
    return ids[offsets[row]..<offsets[row + 1]]
  }

  /// The tokens of some texts, packed.
  public func batch(_ rows: [Int]) -> TextBatch {
    var batch = TextBatch(ids: [], offsets: [0])
    batch.offsets.reserveCapacity(rows.count + 1)
    for row in rows {
      batch.ids += self[row]
      batch.offsets.append(Int32(clamping: batch.ids.count))
    }
    return batch
  }
}
