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
    guard candidates.count == references.count else {
      throw NGramMetricError.unequalCounts(candidates: candidates.count, references: references.count)
    }
    if let bare = references.firstIndex(where: \.isEmpty) { throw NGramMetricError.noReferences(item: bare) }
    let threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    var vocabulary = WordNumbers()
    self.references = TokenizedCaptions(
      Array(references.joined()), following: Array(following.references.joined()), vocabulary: &vocabulary,
      threads: threads)
    self.candidates = TokenizedCaptions(
      candidates, following: following.candidates, vocabulary: &vocabulary, threads: threads)
    self.vocabulary = vocabulary
    var end = 0
    referenceEnds = references.map {
      end += $0.count
      return end
    }
    var nGrams = NGramTable(wordCount: vocabulary.count, expecting: self.references.words.count)
    referenceNGrams = NGramCounts(self.references, table: &nGrams)
    candidateNGrams = NGramCounts(self.candidates, table: &nGrams)
    self.nGrams = nGrams
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
