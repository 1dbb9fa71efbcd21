/// The references of one image, split into words once, to be compared with any number of candidates.
public struct PreparedReferences: Sendable {
  let vocabulary: WordNumbers
  let captions: TokenizedCaptions
  /// The n-grams of the references, with numbers to spare for words that candidates bring.
  let nGrams: NGramTable
  let counts: NGramCounts

  /// So many words of a candidate may be new before the n-grams must be numbered again.
  private static let spareWords = 64

  /// How many references there are.
  public var count: Int { captions.count }

  /// Splits references, taken for the lines of one text.
  ///
  /// - Throws: ``NGramMetricError/noReferences(item:)``.
  public init(_ references: [String]) throws {
    guard !references.isEmpty else { throw NGramMetricError.noReferences(item: 0) }
    var vocabulary = WordNumbers()
    captions = TokenizedCaptions(references, vocabulary: &vocabulary, threads: 1)
    self.vocabulary = vocabulary
    var nGrams = NGramTable(wordCount: vocabulary.count + Self.spareWords, expecting: captions.words.count)
    counts = NGramCounts(captions, table: &nGrams)
    self.nGrams = nGrams
  }
}

extension TokenizedCorpus {
  /// The corpus of one candidate, a text of its own, and references that are prepared.
  public init(candidate: String, references: PreparedReferences) {
    var vocabulary = references.vocabulary
    let candidates = TokenizedCaptions([candidate], vocabulary: &vocabulary, threads: 1)
    var nGrams = references.nGrams
    var referenceNGrams = references.counts
    if vocabulary.count > nGrams.wordCount {
      nGrams = NGramTable(wordCount: vocabulary.count, expecting: references.captions.words.count)
      referenceNGrams = NGramCounts(references.captions, table: &nGrams)
    }
    let candidateNGrams = NGramCounts(candidates, table: &nGrams)
    self.init(
      vocabulary: vocabulary, candidates: candidates, references: references.captions,
      referenceEnds: [references.count], candidateNGrams: candidateNGrams, referenceNGrams: referenceNGrams,
      nGrams: nGrams)
  }
}
