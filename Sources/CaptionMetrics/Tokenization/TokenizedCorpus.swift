import Foundation

/// Candidates and their references, split into words once for all n-gram metrics.
public struct TokenizedCorpus: Sendable {
  let vocabulary: WordNumbers
  let candidates: TokenizedCaptions
  let references: TokenizedCaptions
  /// For each candidate, where its references end in `references`.
  private let referenceEnds: [Int]
  let candidateNGrams: NGramCounts
  let referenceNGrams: NGramCounts
  let nGrams: NGramTable

  /// How many candidates there are.
  public var count: Int { candidates.count }

  /// Splits `candidates` and the references of each, on up to `threads` threads; nil means as many as the machine
  /// has. The result does not depend on the number.
  ///
  /// As in pycocoevalcap, all candidates are taken for the lines of one text, and all references for those of another
  /// (see `PTBTokenizer.tokenize(_:)`).
  ///
  /// Whether a word at the end of a caption is an abbreviation can show in the captions that come next. Where a corpus
  /// is split in parts, those are `following`: with them, the parts have the words of the whole. One caption is enough
  /// where it has words, and more than 64 are not looked at.
  ///
  /// - Throws: `NGramMetricError` where the numbers of candidates and of sets of references differ or a candidate has
  ///   no reference.
  public init(
    candidates: [String], references: [[String]],
    following: (candidates: [String], references: [[String]]) = ([], []), threads: Int? = nil
  ) throws {
    try Self.check(candidates, references)
    let threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    var vocabulary = WordNumbers()
    let splitReferences = TokenizedCaptions(
      Array(references.joined()), following: Array(following.references.joined()), vocabulary: &vocabulary,
      threads: threads)
    let splitCandidates = TokenizedCaptions(
      candidates, following: following.candidates, vocabulary: &vocabulary, threads: threads)
    self.init(
      vocabulary: vocabulary, candidates: splitCandidates, references: splitReferences,
      referenceEnds: Self.ends(of: references))
  }

  /// Takes captions that are words with spaces between already, as pycocoevalcap's metrics take them.
  ///
  /// - Throws: As ``init(candidates:references:following:threads:)``.
  public init(tokenized candidates: [String], references: [[String]]) throws {
    try Self.check(candidates, references)
    var vocabulary = WordNumbers()
    let splitReferences = TokenizedCaptions(tokenized: references.joined(), vocabulary: &vocabulary)
    let splitCandidates = TokenizedCaptions(tokenized: candidates, vocabulary: &vocabulary)
    self.init(
      vocabulary: vocabulary, candidates: splitCandidates, references: splitReferences,
      referenceEnds: Self.ends(of: references))
  }

  /// Numbers the n-grams of captions that are split into words.
  private init(
    vocabulary: WordNumbers, candidates: TokenizedCaptions, references: TokenizedCaptions,
    referenceEnds: [Int]
  ) {
    var nGrams = NGramTable(wordCount: vocabulary.count, expecting: references.words.count)
    let referenceNGrams = NGramCounts(references, table: &nGrams)
    let candidateNGrams = NGramCounts(candidates, table: &nGrams)
    self.init(
      vocabulary: vocabulary, candidates: candidates, references: references, referenceEnds: referenceEnds,
      candidateNGrams: candidateNGrams, referenceNGrams: referenceNGrams, nGrams: nGrams)
  }

  private static func check(_ candidates: [String], _ references: [[String]]) throws {
    guard candidates.count == references.count else {
      throw NGramMetricError.unequalCounts(candidates: candidates.count, references: references.count)
    }
    if let bare = references.firstIndex(where: \.isEmpty) { throw NGramMetricError.noReferences(item: bare) }
  }

  /// Where the references of each candidate end.
  private static func ends(of references: [[String]]) -> [Int] {
    var end = 0
    return references.map {
      end += $0.count
      return end
    }
  }

  /// A corpus whose parts are at hand.
  init(
    vocabulary: WordNumbers, candidates: TokenizedCaptions, references: TokenizedCaptions,
    referenceEnds: [Int], candidateNGrams: NGramCounts, referenceNGrams: NGramCounts, nGrams: NGramTable
  ) {
    self.vocabulary = vocabulary
    self.candidates = candidates
    self.references = references
    self.referenceEnds = referenceEnds
    self.candidateNGrams = candidateNGrams
    self.referenceNGrams = referenceNGrams
    self.nGrams = nGrams
  }

  /// The words of a candidate.
  public func words(ofCandidate item: Int) -> [String] { words(candidates, item) }

  /// The words of each reference of a candidate.
  public func words(ofReferencesOf item: Int) -> [[String]] {
    referenceRange(item).map { words(references, $0) }
  }

  private func words(_ captions: TokenizedCaptions, _ index: Int) -> [String] {
    captions.words[captions.wordRange(index)].map { String(decoding: vocabulary[$0], as: UTF8.self) }
  }

  /// The indices of the references of candidate `item`.
  func referenceRange(_ item: Int) -> Range<Int> {
    (item == 0 ? 0 : referenceEnds[item - 1])..<referenceEnds[item]
  }
}

extension TokenizedCorpus: Codable {
  private enum CodingKeys: CodingKey {
    case vocabulary, candidates, references, referenceEnds
  }

  /// Writes the words; n-grams are counted again when they are read.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let words = (0..<Int32(truncatingIfNeeded: vocabulary.count)).map {
      String(decoding: vocabulary[$0], as: UTF8.self)
    }
    try container.encode(words, forKey: .vocabulary)
    try container.encode(candidates, forKey: .candidates)
    try container.encode(references, forKey: .references)
    try container.encode(referenceEnds, forKey: .referenceEnds)
  }

  /// Reads words; numbers that do not fit together are an error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let words = try container.decode([String].self, forKey: .vocabulary)
    var vocabulary = WordNumbers()
    for word in words { _ = vocabulary.number(of: Array(word.utf8)[...]) }
    let candidates = try container.decode(TokenizedCaptions.self, forKey: .candidates)
    let references = try container.decode(TokenizedCaptions.self, forKey: .references)
    let ends = try container.decode([Int].self, forKey: .referenceEnds)
    let starts = [0] + ends.dropLast()
    guard vocabulary.count == words.count, candidates.isPossible(wordCount: words.count),
      references.isPossible(wordCount: words.count), ends.count == candidates.count,
      zip(starts, ends).allSatisfy({ $0 < $1 }), (ends.last ?? 0) == references.count
    else { throw StatisticsCounts.impossible(decoder) }
    self.init(vocabulary: vocabulary, candidates: candidates, references: references, referenceEnds: ends)
  }
}
