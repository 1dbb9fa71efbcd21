import Foundation

/// What n-grams weigh in a set of so many images: log(images / frequency), a frequency of 0 counting as 1.
struct CIDErWeights: Sendable {
  private let logImages: Double
  private let logs: [Double]

  /// The logarithms of the frequencies that most n-grams have are computed once.
  private static let logs = (0..<1024).map { log(max(1, Double($0))) }

  init(images: Int) {
    logImages = log(Double(max(1, images)))
    logs = Self.logs
  }

  /// The weights of n-grams, by their numbers.
  func of(_ frequencies: [Int32]) -> [Double] {
    frequencies.map { frequency in
      logImages - (Int(frequency) < logs.count ? logs[Int(frequency)] : log(Double(frequency)))
    }
  }
}

/// Compares candidates with their references.
enum CIDErComparison {
  private static let sigma = 6.0

  /// The value of each candidate; `weights` are by the numbers of the n-grams of `corpus`.
  static func scores(_ corpus: TokenizedCorpus, _ weights: [Double]) -> [Double] {
    var reference = TFIDFVector(dimensions: corpus.nGrams.count)
    return (0..<corpus.count).map { item -> Double in
      var sums = Array(repeating: 0.0, count: NGramCounts.order)
      let range = corpus.referenceRange(item)
      let candidateNorms = TFIDFVector.norms(corpus.candidateNGrams, item, weights)
      let candidateLength = TFIDFVector.length(corpus.candidateNGrams, item)
      for index in range {
        reference.set(corpus.referenceNGrams, index, weights)
        let difference = Double(candidateLength - reference.length)
        let penalty = pow(M_E, -(difference * difference) / (2 * (sigma * sigma)))
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
