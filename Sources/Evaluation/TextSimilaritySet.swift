/// Pairs of sentences with what people said about how much they mean the same.
public struct TextSimilaritySet: Sendable, Equatable {
  /// Two sentences.
  public struct Pair: Sendable, Equatable {
    /// The first sentence.
    public var first: String
    /// The second sentence.
    public var second: String
    /// How alike people found them, on the set's own scale.
    public var gold: Double

    /// Creates a pair.
    public init(first: String, second: String, gold: Double) {
      self.first = first
      self.second = second
      self.gold = gold
    }
  }

  /// What the set is called: its folder, or its file.
  public var name: String
  /// The pairs, the parts of a year one after the other.
  public var pairs: [Pair]
  /// The pairs that have no gold, and are skipped.
  public var withoutGold: Int

  /// Creates a set.
  public init(name: String, pairs: [Pair], withoutGold: Int = 0) {
    self.name = name
    self.pairs = pairs
    self.withoutGold = withoutGold
  }

  /// The sentences in the order in which `--text-embeddings` has them: first, second, first, second …
  public var sentences: [String] { pairs.flatMap { [$0.first, $0.second] } }
}
