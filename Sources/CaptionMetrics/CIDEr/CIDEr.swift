import Foundation

/// CIDEr (Vedantam et al. 2015) in the variant that coco-caption and pycocoevalcap 1.2 call CIDEr, which the paper
/// calls CIDEr-D: for n-grams of 1 to 4 words, the clipped cosine of the tf-idf vectors, times a Gaussian penalty on
/// the difference of lengths (σ = 6; the "length" is the count of bigrams), averaged over lengths of n-gram and
/// references, times 10.
public struct CIDEr: Sendable {
  /// How many images the document frequencies should come from, at least, for a value to mean something.
  public static let fewImages = 100

  private static let sigma = 6.0
  private let documentFrequency: DocumentFrequency?

  /// Makes the metric.
  ///
  /// - Parameter documentFrequency: in how many images each n-gram is found; nil takes the references of the corpus
  ///   that is scored, as coco-caption does.
  public init(documentFrequency: DocumentFrequency? = nil) { self.documentFrequency = documentFrequency }

  /// One sentence where the values of `corpus` can mean little, because the document frequencies come from too few
  /// images; with one image all values are 0.
  public func warning(for corpus: TokenizedCorpus) -> String? {
    let images = documentFrequency?.imageCount ?? corpus.count
    guard images < Self.fewImages else { return nil }
    let source = documentFrequency == nil ? "this corpus" : "the document-frequency file"
    let consequence = images <= 1 ? "so every value is 0" : "so its values mean little"
    return "CIDEr weighs words by how few of the images have them, and \(source) has \(images) "
      + "image\(images == 1 ? "" : "s"), \(consequence): give a document-frequency file of a larger set "
      + "(make one with `plumb cider-df`)."
  }

  /// The mean over the candidates, and the value of each.
  public func score(_ corpus: TokenizedCorpus) -> MetricResult {
    let images = documentFrequency?.imageCount ?? corpus.count
    let frequencies = documentFrequency?.frequencies(in: corpus) ?? DocumentFrequency.count(corpus)
    let logImages = log(Double(max(1, images)))
    let logs = (0..<1024).map { log(max(1, Double($0))) }
    let weights = frequencies.map { frequency in
      logImages - (Int(frequency) < logs.count ? logs[Int(frequency)] : log(Double(frequency)))
    }
    var reference = TFIDFVector(dimensions: corpus.nGrams.count)
    let perItem = (0..<corpus.count).map { item -> Double in
      var sums = Array(repeating: 0.0, count: NGramCounts.order)
      let range = corpus.referenceRange(item)
      let candidateNorms = TFIDFVector.norms(corpus.candidateNGrams, item, weights)
      let candidateLength = TFIDFVector.length(corpus.candidateNGrams, item)
      for index in range {
        reference.set(corpus.referenceNGrams, index, weights)
        let difference = Double(candidateLength - reference.length)
        let penalty = pow(M_E, -(difference * difference) / (2 * (Self.sigma * Self.sigma)))
        for n in 0..<NGramCounts.order {
          var value = 0.0
          for i in corpus.candidateNGrams.range(item, length: n + 1) {
            let number = Int(corpus.candidateNGrams.numbers[i])
            let other = reference[number]
            value += min(Double(corpus.candidateNGrams.counts[i]) * weights[number], other) * other
          }
          if candidateNorms[n] != 0, reference.norms[n] != 0 {
            value /= candidateNorms[n] * reference.norms[n]
          }
          sums[n] += value * penalty
        }
      }
      return sums.reduce(0, +) / Double(NGramCounts.order) / Double(range.count) * 10
    }
    return MetricResult(name: "CIDEr", corpus: perItem.numpyMean, perItem: perItem)
  }
}

/// The tf-idf weights of one caption's n-grams, by their numbers.
private struct TFIDFVector {
  private(set) var norms: [Double] = []
  /// The count of bigrams.
  private(set) var length = 0
  private var values: [Double]
  private var owners: [Int32]
  private var owner: Int32 = 0

  init(dimensions: Int) {
    values = Array(repeating: 0, count: dimensions)
    owners = Array(repeating: 0, count: dimensions)
  }

  subscript(number: Int) -> Double { owners[number] == owner ? values[number] : 0 }

  mutating func set(_ counts: NGramCounts, _ caption: Int, _ weights: [Double]) {
    owner += 1
    for i in counts.range(caption) {
      let number = Int(counts.numbers[i])
      values[number] = Double(counts.counts[i]) * weights[number]
      owners[number] = owner
    }
    norms = Self.norms(counts, caption, weights)
    length = Self.length(counts, caption)
  }

  /// The vector's length in the space of the n-grams of each length.
  static func norms(_ counts: NGramCounts, _ caption: Int, _ weights: [Double]) -> [Double] {
    (1...NGramCounts.order).map { length in
      var square = 0.0
      for i in counts.range(caption, length: length) {
        let value = Double(counts.counts[i]) * weights[Int(counts.numbers[i])]
        square += value * value
      }
      return square.squareRoot()
    }
  }

  static func length(_ counts: NGramCounts, _ caption: Int) -> Int {
    counts.range(caption, length: 2).reduce(0) { $0 + Int(counts.counts[$1]) }
  }
}
