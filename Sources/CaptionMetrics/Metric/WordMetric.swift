import CaptionData
import JSON

/// A metric that compares the words of candidates with those of references.
///
/// Besides whole corpora it scores one candidate at a time, as a reward in training does: references are prepared once
/// and compared with any number of candidates.
///
/// ```swift
/// let frequencies = try DocumentFrequency(contentsOf: URL(fileURLWithPath: "coco.df"))
/// let cider = CIDEr(documentFrequency: frequencies)
/// let references = try cider.prepare(["A dog runs on the grass.", "A brown dog is running."])
/// for caption in ["a dog runs", "a cat sleeps"] { print(cider.score(caption, against: references)) }
/// ```
public protocol WordMetric: CaptionMetric {
  /// The references of one image as the metric compares with them.
  associatedtype References: Sendable = PreparedReferences

  /// Counts what the values of the corpus are computed from.
  func statistics(of words: TokenizedCorpus) -> Statistics

  /// Prepares the references of one image.
  ///
  /// - Throws: ``NGramMetricError/noReferences(item:)``, and what the metric cannot do without.
  func prepare(_ references: [String]) throws -> References

  /// The values of one candidate, in the order of ``CaptionMetric/scales``. The candidate is taken for a text of its
  /// own: see ``TokenizedCorpus/init(candidates:references:following:threads:)``.
  func scores(_ candidate: String, against references: References) -> [Double]
}

extension WordMetric {
  /// Counts what the values of captions are computed from; splits them into words where that was not done.
  public func statistics(of input: MetricInput) throws -> Statistics {
    try statistics(
      of: input.words
        ?? TokenizedCorpus(
          candidates: input.items.map(\.candidate), references: input.items.map(\.references)))
  }

  /// The values of a corpus, one result for each of ``CaptionMetric/scales``.
  public func results(on words: TokenizedCorpus) -> [MetricResult] { results(of: statistics(of: words)) }

  /// The values of candidates, each against the references at its place, in the order of ``CaptionMetric/scales``.
  public func scores(_ candidates: [String], against references: [References]) -> [[Double]] {
    zip(candidates, references).map { scores($0, against: $1) }
  }
}

extension WordMetric where References == PreparedReferences {
  /// Splits the references of one image into words.
  ///
  /// - Throws: ``NGramMetricError/noReferences(item:)``.
  public func prepare(_ references: [String]) throws -> PreparedReferences {
    try PreparedReferences(references)
  }

  /// The values of a corpus of this one candidate.
  public func scores(_ candidate: String, against references: PreparedReferences) -> [Double] {
    results(on: TokenizedCorpus(candidate: candidate, references: references)).map { $0.perItem.first ?? 0 }
  }
}

extension MetricSource {
  /// How texts become words for ``TokenizedCorpus``.
  public static let treebankWords = MetricSource(
    key: "word_tokenizer", value: .string("Penn Treebank, as pycocoevalcap 1.2"), signatureKey: "words",
    signature: "ptb")

  /// Texts that were words with spaces between already.
  public static let givenWords = MetricSource(
    key: "word_tokenizer", value: .string("none: the captions were words already"), signatureKey: "words",
    signature: "given")
}
