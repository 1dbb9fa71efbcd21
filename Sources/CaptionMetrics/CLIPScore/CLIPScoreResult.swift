public import CaptionData

/// The scores of one caption.
public struct CLIPPairScore: Sendable, Equatable {
  /// CLIPScore.
  public var score: Double
  /// RefCLIPScore, where it was asked for.
  public var referenceScore: Double?

  /// Creates a caption's scores.
  public init(score: Double, referenceScore: Double? = nil) {
    self.score = score
    self.referenceScore = referenceScore
  }
}

/// The scores of a list of captions.
public struct CLIPScoreResult: Sendable {
  /// Which of the three CLIPScores.
  public let definition: CLIPScoreDefinition
  /// Each caption's scores, in the order given; `nil` for one that was skipped.
  public var scores: [CLIPPairScore?]
  /// The captions that were skipped, and why.
  public var skipped: [SkippedItem] = []
  /// How many candidates were cut to the model's context.
  public var truncatedCandidates = 0
  /// How many references were cut to the model's context.
  public var truncatedReferences = 0

  /// Creates a result.
  public init(definition: CLIPScoreDefinition, scores: [CLIPPairScore?]) {
    self.definition = definition
    self.scores = scores
  }

  /// CLIPScore of the corpus: the mean over the captions that were not skipped.
  public var corpus: Double { definition.corpusScore(scores.compactMap { $0?.score }) }

  /// RefCLIPScore of the corpus, where it was asked for.
  public var referenceCorpus: Double? {
    let scores = scores.compactMap { $0?.referenceScore }
    return scores.isEmpty ? nil : definition.corpusScore(scores)
  }
}
