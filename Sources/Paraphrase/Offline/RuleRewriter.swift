import Files

/// Paraphrases captions with a few hundred words and a handful of rules, and without a model.
///
/// It is what its name says: words are exchanged where their part of speech is plain, needless words left out, and the
/// place at the end of a sentence put first. It understands nothing, leaves captions alone that its rules do not know,
/// and gives less variety than a language model. It is always there, free, and gives the same for the same seed.
public struct RuleRewriter: Sendable {
  /// What x′ and x″ became.
  public struct Result: Sendable, Equatable {
    /// x′, or nil where no rule makes the caption plainer.
    public var plain: String?
    /// x″.
    public var paraphrase: String
  }

  private let exchange = WordExchange(lexicon: .builtIn)
  private let seed: UInt64

  /// The version of the words and rules, written into each line.
  public static var version: String { WordSets.version }

  /// Creates a rewriter; the seed decides which of several words is taken.
  public init(seed: UInt64 = 0) { self.seed = seed }

  /// Paraphrases a caption; nil where no rule knows it.
  public func paraphrase(_ caption: String) -> Result? {
    let sentence = Sentence(caption)
    guard sentence.tokens.count > 2 else { return nil }
    var plain = exchange.apply(to: Simplification.apply(to: sentence)) { _, word in word == 0 ? nil : 0 }
    var isPlaceFirst = false
    if plain.text == caption, let moved = PhraseOrder.placeFirst(plain) {
      plain = moved
      isPlaceFirst = true
    }
    let own = Words(caption)
    let hasPlain = Words(plain.text) != own
    let random = seed ^ ReferenceParaphrases.hash(caption)
    // Where only the order changed, x″ is made of the caption's own order.
    let source = isPlaceFirst ? sentence : plain
    var place: UInt64 = 0
    var paraphrased = exchange.apply(to: source) { set, word in
      place &+= 1
      let others = set.words.indices.filter { $0 != word }
      guard !others.isEmpty else { return nil }
      var mixed = (random &+ place) &* 0x9E37_79B9_7F4A_7C15
      mixed ^= mixed >> 29
      return others[Int(mixed % UInt64(others.count))]
    }
    if !isPlaceFirst, let moved = PhraseOrder.placeFirst(paraphrased) { paraphrased = moved }
    let paraphrase = paraphrased.text
    let words = Words(paraphrase)
    guard words != Words(source.text), words != own else { return nil }
    let check = ResponseCheck(sharedWords: 1)
    guard check.fault(of: paraphrase, to: caption) == nil else { return nil }
    let isPlainGood = hasPlain && check.fault(of: plain.text, to: caption) == nil
    return Result(plain: isPlainGood ? plain.text : nil, paraphrase: paraphrase)
  }

  /// Paraphrases captions.
  ///
  /// - Returns: the lines in the captions' order, and how many captions no rule knows.
  public func paraphrases(of captions: [SourceCaptions.Caption]) -> (
    lines: [ParaphrasedCaption], unknown: Int
  ) {
    var lines: [ParaphrasedCaption] = []
    for caption in captions {
      guard let result = paraphrase(caption.text) else { continue }
      lines.append(
        ParaphrasedCaption(
          id: caption.id, caption: caption.text, plain: result.plain, paraphrase: result.paraphrase,
          model: "rules", prompts: Self.version))
    }
    return (lines, captions.count - lines.count)
  }
}
