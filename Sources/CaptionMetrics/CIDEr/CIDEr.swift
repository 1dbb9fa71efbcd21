/// CIDEr (Vedantam et al. 2015) in the variant that coco-caption and pycocoevalcap 1.2 call CIDEr, which the paper
/// calls CIDEr-D: for n-grams of 1 to 4 words, the clipped cosine of the tf-idf vectors, times a Gaussian penalty on
/// the difference of lengths (σ = 6; the "length" is the count of bigrams), averaged over lengths of n-gram and
/// references, times 10.
public struct CIDEr: WordMetric {
  /// `cider`; takes a ``DocumentFrequency`` of the setup.
  public static let registration = MetricRegistration(
    name: "cider", title: "CIDEr", spellings: ["ciderd"], needs: .references
  ) { CIDEr(documentFrequency: $0[DocumentFrequency.self]) }

  /// How many images the document frequencies should come from, at least, for a value to mean something.
  public static let fewImages = 100

  private static let scale = MetricScale(
    name: "CIDEr", range: 0...10, legend: "agreement weighted by how rare words are, 0 to 10")

  /// In how many images each n-gram is found; nil for the references of the corpus that is scored.
  public let documentFrequency: DocumentFrequency?
  /// The weights that frequencies have; nil where the number of images is that of the corpus.
  private let weights: CIDErWeights?

  /// Makes the metric.
  ///
  /// - Parameter documentFrequency: in how many images each n-gram is found; nil takes the references of the corpus
  ///   that is scored, as coco-caption does.
  public init(documentFrequency: DocumentFrequency? = nil) {
    self.documentFrequency = documentFrequency
    weights = documentFrequency.map { CIDErWeights(images: $0.imageCount) }
  }

  /// CIDEr.
  public var scales: [MetricScale] { [Self.scale] }

  /// The mean over the candidates, and the value of each.
  public func score(_ corpus: TokenizedCorpus) -> MetricResult { result(of: statistics(of: corpus)) }

  /// With document frequencies the value of each candidate; without, the words, until all are there to be counted.
  public func statistics(of corpus: TokenizedCorpus) -> CIDErStatistics {
    guard let documentFrequency, let weights else { return CIDErStatistics([.words(corpus)]) }
    let frequencies = documentFrequency.frequencies(in: corpus)
    return CIDErStatistics([.values(CIDErComparison.scores(corpus, weights.of(frequencies)))])
  }

  /// The mean over the candidates, and the value of each.
  public func results(of statistics: CIDErStatistics) -> [MetricResult] { [result(of: statistics)] }

  private func result(of statistics: CIDErStatistics) -> MetricResult {
    let values = statistics.values()
    return MetricResult(Self.scale, corpus: values.numpyMean, perItem: values)
  }

  /// Where the document frequencies come from.
  public func sources(of statistics: CIDErStatistics) -> [MetricSource] {
    let source =
      documentFrequency.map {
        DocumentFrequencySource.file(name: $0.name ?? "a file", images: $0.imageCount, checksum: $0.checksum)
      } ?? .corpus(images: statistics.count)
    return [source.source]
  }

  /// One sentence where the values can mean little, because the document frequencies come from too few images; with one
  /// image all values are 0.
  public func warnings(of statistics: CIDErStatistics) -> [String] {
    let images = documentFrequency?.imageCount ?? statistics.count
    guard images < Self.fewImages else { return [] }
    let source = documentFrequency == nil ? "this corpus" : "the document-frequency file"
    let consequence = images <= 1 ? "so every value is 0" : "so its values mean little"
    return [
      "CIDEr weighs words by how few of the images have them, and \(source) has \(images) "
        + "image\(images == 1 ? "" : "s"), \(consequence): give a document-frequency file of a larger set "
        + "(make one with `plumb cider-df`)."
    ]
  }
}

extension CIDEr {
  /// The references of one image, with the weights of their n-grams.
  public struct References: Sendable {
    fileprivate let words: PreparedReferences
    /// By the numbers of the n-grams: their numbers among the document frequencies, or -1.
    fileprivate let numbers: [Int32]
  }

  /// Prepares the references of one image.
  ///
  /// - Throws: ``NGramMetricError/noReferences(item:)``; ``NGramMetricError/noDocumentFrequency`` where the metric has
  ///   none: one image alone does not tell how rare a word is.
  public func prepare(_ references: [String]) throws -> References {
    guard let documentFrequency else { throw NGramMetricError.noDocumentFrequency }
    let words = try PreparedReferences(references)
    return References(
      words: words, numbers: documentFrequency.numbers(words.vocabulary, words.nGrams))
  }

  /// The value of one candidate, a text of its own.
  public func score(_ candidate: String, against references: References) -> Double {
    guard let documentFrequency, let weights else { return 0 }
    let corpus = TokenizedCorpus(candidate: candidate, references: references.words)
    // A table that was made anew has other numbers.
    let isKnown = corpus.nGrams.wordCount == references.words.nGrams.wordCount
    let frequencies = documentFrequency.frequencies(in: corpus, known: isKnown ? references.numbers : [])
    return CIDErComparison.scores(corpus, weights.of(frequencies)).first ?? 0
  }

  /// The value of one candidate, a text of its own.
  public func scores(_ candidate: String, against references: References) -> [Double] {
    [score(candidate, against: references)]
  }
}

/// What CIDEr keeps of captions.
public struct CIDErStatistics: MetricStatistics {
  enum Part: Codable {
    /// The values of captions, by document frequencies that were given.
    case values([Double])
    /// Captions whose references are themselves to be counted.
    case words(TokenizedCorpus)
  }

  private var parts: [Part]

  /// Nothing.
  public init() { parts = [] }

  init(_ parts: [Part]) { self.parts = parts }

  /// How many captions there are.
  public var count: Int {
    parts.reduce(0) { sum, part in
      switch part {
      case .values(let values): sum + values.count
      case .words(let corpus): sum + corpus.count
      }
    }
  }

  /// Appends later captions, whose references then count for all.
  public mutating func merge(_ later: CIDErStatistics) { parts += later.parts }

  /// The document frequencies of the captions whose references are counted.
  public var documentFrequency: DocumentFrequency {
    DocumentFrequency(
      merging: parts.compactMap { part in
        if case .words(let corpus) = part { DocumentFrequency(corpus) } else { nil }
      })
  }

  /// The value of each caption.
  func values() -> [Double] {
    // One part is the usual case, and has the numbers of its own n-grams.
    if parts.count == 1, case .words(let corpus)? = parts.first {
      let weights = CIDErWeights(images: corpus.count)
      return CIDErComparison.scores(corpus, weights.of(DocumentFrequency.count(corpus)))
    }
    let frequency = documentFrequency
    let weights = CIDErWeights(images: frequency.imageCount)
    return parts.flatMap { part in
      switch part {
      case .values(let values): values
      case .words(let corpus): CIDErComparison.scores(corpus, weights.of(frequency.frequencies(in: corpus)))
      }
    }
  }
}
