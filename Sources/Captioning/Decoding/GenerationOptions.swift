import Foundation

/// How captions are generated.
public struct GenerationOptions: Sendable, Equatable {
  /// How words are chosen.
  public enum Strategy: Sendable, Equatable {
    /// The most likely captions that a beam of so many finds; a beam of 1 is greedy.
    case beam(Int)
    /// Drawn from the distribution, so many captions for each image.
    case sample(Int, Sampling)
  }

  /// How words are drawn.
  public struct Sampling: Sendable, Equatable {
    /// What logits are divided by.
    public var temperature: Double
    /// Only so many of the likeliest words are drawn from; nil for all.
    public var topK: Int?
    /// Only the likeliest words that together have this probability are drawn from (nucleus sampling); nil for all.
    public var topP: Double?
    /// The random seed. Equal seeds give equal captions, whatever the batches.
    public var seed: UInt64

    /// Draws from the distribution as it is.
    public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, seed: UInt64 = 0) {
      self.temperature = temperature
      self.topK = topK
      self.topP = topP
      self.seed = seed
    }
  }

  /// How words are chosen.
  public var strategy = Strategy.beam(3)
  /// The exponent α of `log p / length^α`, by which finished captions of a beam are compared; 0 prefers short captions.
  public var lengthPenalty = 0.7
  /// The values that it can have.
  static let lengthPenalties = 0.0...10
  /// The fewest words before the end.
  public var minLength = 1
  /// The most words, the end counted as one; nil for the captioner's own limit.
  public var maxLength: Int?
  /// No sequence of so many words occurs twice in a caption; nil for no such rule.
  public var noRepeatNGram: Int?
  /// Words that no caption ends with, such as "a", "the", "of".
  public var forbiddenEndings: Set<String> = []
  /// Words that do not occur.
  public var bannedWords: Set<String> = []
  /// Words that must occur before a caption may end.
  public var requiredWords: Set<String> = []
  /// How every caption begins.
  public var prefix = ""
  /// How many captions an image gets, the best ones of its beam; all samples otherwise.
  public var nBest = 1

  /// Articles, prepositions and conjunctions, with which no sentence ends.
  public static let commonForbiddenEndings: Set<String> = [
    "a", "an", "the", "in", "for", "at", "of", "with", "before", "after", "on", "upon", "near", "to", "is",
    "are",
    "am", "and", "or", "as", "by", "his", "her", "their", "its", "from", "into", "through", "while", "that",
  ]

  /// A beam of 3.
  public init() {}

  /// The rows of an image.
  var rows: Int {
    switch strategy {
    case .beam(let size): size
    case .sample(let count, _): count
    }
  }

  /// Refuses numbers that make no sense.
  ///
  /// - Throws: ``CaptioningError/badOption(name:expected:found:)``.
  public func check() throws(CaptioningError) {
    func within(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws(CaptioningError) {
      guard range.contains(value) else {
        throw .badOption(
          name: name, expected: "from \(range.lowerBound) to \(range.upperBound)", found: "\(value)")
      }
    }
    try within("the beam or the number of samples", Double(rows), 1...1000)
    try within("the length penalty", lengthPenalty, Self.lengthPenalties)
    try within("the number of captions", Double(nBest), 1...Double(rows))
    if let noRepeatNGram { try within("the length of n-grams", Double(noRepeatNGram), 1...100) }
    if let maxLength { try within("the greatest length", Double(maxLength), 1...512) }
    try within("the least length", Double(minLength), 0...512)
    if case .sample(_, let sampling) = strategy {
      try within("the temperature", sampling.temperature, 1e-3...100)
      if let topP = sampling.topP { try within("top-p", topP, 0...1) }
      if let topK = sampling.topK { try within("top-k", Double(topK), 1...1e6) }
    }
  }
}

/// A caption that was generated.
public struct GeneratedCaption: Sendable, Equatable {
  /// The numbers of its words in the vocabulary, without begin and end.
  public var words: [Int32]
  /// Whether it has an end; one that was cut at the greatest length has none.
  public var isFinished: Bool
  /// The natural logarithm of its probability, the end's included.
  public var logProbability: Double

  /// Takes a caption.
  public init(words: [Int32], isFinished: Bool, logProbability: Double) {
    self.words = words
    self.isFinished = isFinished
    self.logProbability = logProbability
  }

  /// The number of words, the end counted as one.
  var length: Int { words.count + (isFinished ? 1 : 0) }

  /// `log p / length^α`.
  func score(lengthPenalty: Double) -> Double {
    logProbability / pow(Double(max(1, length)), lengthPenalty)
  }
}
