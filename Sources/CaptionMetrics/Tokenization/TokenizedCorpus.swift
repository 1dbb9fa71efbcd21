public import Foundation

/// Candidates and their references, split into words once for all n-gram metrics.
public struct TokenizedCorpus: Sendable {
  let vocabulary: Vocabulary
  let candidates: TokenizedCaptions
  let references: TokenizedCaptions
  /// For each candidate, where its references end in `references`.
  private let referenceEnds: [Int]
  let candidateNGrams: NGramCounts
  let referenceNGrams: NGramCounts
  let nGrams: NGramTable

  /// How many candidates there are.
  public let count: Int

  /// Splits `candidates` and the references of each, on up to `threads` threads; nil means as many as the machine
  /// has. The result does not depend on the number.
  ///
  /// As in pycocoevalcap, all candidates are taken for the lines of one text, and all references for those of another
  /// (see `PTBTokenizer.tokenize(_:)`).
  ///
  /// - Throws: `NGramMetricError` where the numbers of candidates and of sets of references differ or a candidate has
  ///   no reference.
  public init(candidates: [String], references: [[String]], threads: Int? = nil) throws {
    guard candidates.count == references.count else {
      throw NGramMetricError.unequalCounts(candidates: candidates.count, references: references.count)
    }
    if let bare = references.firstIndex(where: \.isEmpty) { throw NGramMetricError.noReferences(item: bare) }
    let threads = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
    var vocabulary = Vocabulary()
    self.references = TokenizedCaptions(Array(references.joined()), vocabulary: &vocabulary, threads: threads)
    self.candidates = TokenizedCaptions(candidates, vocabulary: &vocabulary, threads: threads)
    self.vocabulary = vocabulary
    count = candidates.count
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

  /// The tokens of a caption of this corpus, with spaces between.
  func text(_ captions: TokenizedCaptions, _ index: Int) -> String {
    let tokens = captions.tokens(index).map { vocabulary[$0] }
    return String(
      decoding: Array(tokens.joined(separator: CollectionOfOne(UInt8(ascii: " ")))), as: UTF8.self)
  }

  /// The indices of the references of candidate `item`.
  func referenceRange(_ item: Int) -> Range<Int> {
    (item == 0 ? 0 : referenceEnds[item - 1])..<referenceEnds[item]
  }
}

/// What can be wrong with what an n-gram metric is given.
public enum NGramMetricError: Error, Equatable, Sendable {
  /// There are not as many sets of references as candidates.
  case unequalCounts(candidates: Int, references: Int)
  /// The candidate at this index has no reference.
  case noReferences(item: Int)
  /// The document-frequency file cannot be read or written.
  case inaccessibleFile(String, reason: String)
  /// The file is not a document-frequency file, or is damaged, at this byte.
  case damagedFile(String, offset: Int, reason: String)
  /// The document-frequency file is of a version that this build does not know.
  case unknownVersion(String, found: Int, known: Int)
}

extension NGramMetricError: LocalizedError, CustomStringConvertible {
  /// The error as one sentence for people.
  public var description: String {
    switch self {
    case .unequalCounts(let candidates, let references):
      "There are \(candidates) candidates but \(references) sets of references: give each candidate its own."
    case .noReferences(let item):
      "Candidate number \(item + 1) has no reference: add one, or leave the candidate out."
    case .inaccessibleFile(let file, let reason):
      "\(file): \(reason): check the path and the permissions."
    case .damagedFile(let file, let offset, let reason):
      "\(file): not a sound document-frequency file (\(reason) at byte \(offset)): make it again with `plumb cider-df`."
    case .unknownVersion(let file, let found, let known):
      "\(file): document-frequency file of version \(found), this build reads version \(known): "
        + "make it again with `plumb cider-df`, or update."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
