import CLIP
import Captioning
import Foundation
import Testing
import Training

/// Words that are drawn, counted: they come as often as the softmax says.
struct WordDistributionTests {
  private static let draws = 10_000

  /// How often each word is drawn.
  private func counts(
    _ probabilities: [Double], _ sampling: GenerationOptions.Sampling, banning banned: [Int32] = []
  ) throws -> [Int] {
    // Logits are known up to a constant.
    var logits = probabilities.map { Float(log($0)) + 3 }
    var random = DataRandom(seed: 17, purpose: .other)
    return try logits.withUnsafeMutableBufferPointer { logits in
      let distribution = try WordDistribution(logits)
      banned.forEach(distribution.ban)
      var counts = [Int](repeating: 0, count: probabilities.count)
      var worst = 0.0
      for _ in 0..<Self.draws {
        let drawn = distribution.draw(sampling, unit: random.uniform(in: 0.0...1.0))
        let (word, logProbability) = try #require(drawn)
        counts[Int(word)] += 1
        worst = max(worst, abs(Double(logProbability) - log(probabilities[Int(word)])))
      }
      // Of the whole distribution, whatever is drawn from.
      #expect(worst < 1e-5)
      return counts
    }
  }

  /// Whether counts are those of a distribution: within five standard deviations of each, and one draw more for what is rare.
  private func fit(_ counts: [Int], _ weights: [Double]) -> Bool {
    let sum = weights.reduce(0, +)
    return zip(counts, weights).allSatisfy { count, weight in
      let p = weight / sum
      let n = Double(Self.draws)
      guard p > 0 else { return count == 0 }
      return abs(Double(count) - n * p) <= 5 * (n * p * (1 - p)).squareRoot() + 1
    }
  }

  private static let words = [0.05, 0.4, 0.1, 0.3, 0.15]

  @Test func countsAreThoseOfTheSoftmax() throws {
    let counts = try counts(Self.words, .init())
    #expect(fit(counts, Self.words), "\(counts)")
    #expect(!fit(counts, Self.words.reversed()))
  }

  @Test(arguments: [0.5, 2.0]) func theTemperatureDividesTheLogits(_ temperature: Double) throws {
    let counts = try counts(Self.words, .init(temperature: temperature))
    #expect(fit(counts, Self.words.map { pow($0, 1 / temperature) }), "\(counts)")
    #expect(!fit(counts, Self.words))
  }

  @Test(
    arguments: [
      // The likeliest; so many of them as there are.
      (2, nil, [1, 3]), (5, nil, [0, 1, 2, 3, 4]), (1, nil, [1]),
      // .4 + .3 is too little for .8.
      (nil, 0.8, [1, 3, 4]), (nil, 0.69, [1, 3]), (nil, 0, [1]), (nil, 1, [0, 1, 2, 3, 4]),
      // Of the three likeliest, .85 together, .4 + .3 are enough for .8.
      (3, 0.8, [1, 3]), (3, 0.9, [1, 3, 4]),
    ] as [(Int?, Double?, Set<Int>)])
  func onlyTheLikeliestAreDrawn(_ topK: Int?, _ topP: Double?, _ kept: Set<Int>) throws {
    let counts = try counts(Self.words, .init(topK: topK, topP: topP))
    let weights = Self.words.enumerated().map { kept.contains($0.offset) ? $0.element : 0 }
    #expect(fit(counts, weights), "\(counts)")
  }

  /// The nucleus is that of the distribution at the temperature: .4² + .3² is 88 % of all squares, and .4 + .3 is 70 %.
  @Test func theTemperatureComesBeforeTheNucleus() throws {
    let counts = try counts(Self.words, .init(temperature: 0.5, topP: 0.75))
    #expect(fit(counts, [0, 0.16, 0, 0.09, 0]), "\(counts)")
  }

  @Test func amongEqualWordsThoseOfLowerNumbersAreKept() throws {
    let counts = try counts([0.25, 0.25, 0.25, 0.25], .init(topP: 0.5))
    #expect(fit(counts, [1, 1, 0, 0]), "\(counts)")
  }

  /// Few words and many are found in two ways.
  @Test func theLikeliestOfManyBeginWithThoseOfFew() throws {
    var random = DataRandom(seed: 5, purpose: .other)
    // Many are equal.
    var logits = (0..<300).map { _ in Float(random.below(20)) }
    try logits.withUnsafeMutableBufferPointer { logits in
      let distribution = try WordDistribution(logits)
      for word in [Int32(0), 7, 100] { distribution.ban(word) }
      let all = distribution.likeliest(1000).map(\.word)
      #expect(all.count == 297)
      for count in [1, 10, 64] {
        let few = distribution.likeliest(count).map(\.word)
        #expect(few == Array(all.prefix(count)))
      }
      let more = distribution.likeliest(65).map(\.word)
      #expect(more == Array(all.prefix(65)))
    }
  }

  @Test func bannedWordsAreNotDrawnAndTheOthersKeepTheirProportions() throws {
    let counts = try counts(Self.words, .init(), banning: [1, 4])
    #expect(fit(counts, [0.05, 0, 0.1, 0.3, 0]), "\(counts)")
    let few = try self.counts(Self.words, .init(topK: 2), banning: [1])
    #expect(fit(few, [0, 0, 0, 0.3, 0.15]), "\(few)")
  }

  @Test func whereAllIsBannedNothingIsDrawn() throws {
    var logits: [Float] = [1, 2]
    try logits.withUnsafeMutableBufferPointer { logits in
      let distribution = try WordDistribution(logits)
      for word in [Int32(0), 1] { distribution.ban(word) }
      for sampling in [GenerationOptions.Sampling(), .init(topK: 1), .init(topP: 0.5)] {
        let drawn = distribution.draw(sampling, unit: 0.5)
        #expect(drawn == nil)
      }
    }
  }

  /// The first words of sampled captions of an image, by the logits of the golden.
  @Test func firstWordsOfSampledCaptionsAreThoseOfTheModel() throws {
    let golden = try CaptionerGolden()
    let decoder = try CaptionDecoder(golden.model.tensors, golden.model.configuration, threads: 2)
    var options = GenerationOptions()
    options.strategy = .sample(1000, .init(seed: 11))
    options.maxLength = 1
    let generator = try CaptionGenerator(decoder, vocabulary: golden.model.vocabulary, options: options)
    let features = golden.features.floats()
    let image = Array(features[..<(features.count / 3)])
    // Each number of an image has random numbers of its own.
    let found = try (0..<10).flatMap { id in
      try image.withUnsafeBufferPointer { try generator.captions($0, ids: [id]) }
    }
    let vocabulary = golden.model.configuration.vocabularySize
    var counts = [Int](repeating: 0, count: vocabulary)
    for caption in found.joined() { counts[Int(try #require(caption.words.first))] += 1 }
    // No caption is empty, and what is never written is not drawn.
    let banned = CaptionVocabulary.neverWritten + [CaptionVocabulary.end]
    let weights = (0..<vocabulary).map { banned.contains(Int32($0)) ? 0 : exp(Double(golden.logits[$0])) }
    #expect(fit(counts, weights), "\(counts)")
  }
}
