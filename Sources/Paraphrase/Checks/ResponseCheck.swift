/// What is wrong with a paraphrase.
public enum ResponseFault: Error, Sendable, Equatable {
  /// There is no word in it.
  case empty
  /// The model declines to answer.
  case refusal
  /// It is the caption itself, or what was already answered.
  case same
  /// An amount of the caption is not in it.
  case lostNumber(String)
  /// The caption says that something is not so; the paraphrase does not.
  case lostNegation
  /// It is much longer than the caption.
  case tooLong(words: Int, limit: Int)
  /// It has too many of the words that it is to avoid.
  case sharedWords([String])
  /// The answer does not have the form that was asked for.
  case malformed(String)

  /// What it is called in reports.
  public var name: String {
    switch self {
    case .empty: "empty"
    case .refusal: "refusal"
    case .same: "caption itself"
    case .lostNumber: "lost number"
    case .lostNegation: "lost negation"
    case .tooLong: "too long"
    case .sharedWords: "shared words"
    case .malformed: "malformed answer"
    }
  }

  /// What the model is told when it is asked again.
  public var reason: String {
    switch self {
    case .empty: "the last answer was empty"
    case .refusal: "the last answer was no paraphrase; answer with a paraphrase only"
    case .same: "the last answer was the caption itself; use other words"
    case .lostNumber(let number): "the last answer lost the number \(number); keep it"
    case .lostNegation: "the last answer lost what the caption says is not so; keep the negation"
    case .tooLong(let words, let limit): "the last answer had \(words) words; use at most \(limit)"
    case .sharedWords(let words):
      "the last answer still used: \(words.joined(separator: ", ")); use other words"
    case .malformed(let problem): "the last answer could not be read: \(problem)"
    }
  }
}

/// Looks at a paraphrase and says what is wrong with it. Each rule stands for itself.
public struct ResponseCheck: Sendable, Equatable {
  /// The largest share of x′'s content words that x″ may have.
  public var sharedWords: Double

  /// Creates a check; half of x′'s content words may be kept.
  public init(sharedWords: Double = 0.5) { self.sharedWords = sharedWords }

  /// The first fault of an answer, or nil.
  ///
  /// - Parameters:
  ///   - answer: what the model said.
  ///   - caption: what it was to paraphrase.
  ///   - original: the caption that came before `caption`, for the second step: the answer must not be that either.
  public func fault(of answer: String, to caption: String, original: String? = nil) -> ResponseFault? {
    let words = Words(answer)
    let asked = Words(caption)
    if words.list.isEmpty { return .empty }
    if isRefusal(answer) && !isRefusal(caption) { return .refusal }
    if words == asked || original.map({ words == Words($0) }) == true { return .same }
    return lostNumber(words, asked) ?? lostNegation(words, asked) ?? tooLong(words, asked)
      ?? (original == nil ? nil : shared(words, asked))
  }

  /// Whether a text begins as refusals do.
  func isRefusal(_ text: String) -> Bool {
    let text = text.lowercased().replacing("’", with: "'").drop { !$0.isLetter }
    return Self.refusals.contains { text.hasPrefix($0) }
  }

  func lostNumber(_ answer: Words, _ caption: Words) -> ResponseFault? {
    let lost = Numbers.values(in: caption, loosely: false).subtracting(
      Numbers.values(in: answer, loosely: true))
    return lost.min().map { .lostNumber(Int(exactly: $0).map(String.init) ?? "\($0)") }
  }

  func lostNegation(_ answer: Words, _ caption: Words) -> ResponseFault? {
    Negation.isIn(caption) && !Negation.isKept(in: answer) ? .lostNegation : nil
  }

  func tooLong(_ answer: Words, _ caption: Words) -> ResponseFault? {
    let limit = max(caption.list.count * 2, caption.list.count + 8)
    return answer.list.count > limit ? .tooLong(words: answer.list.count, limit: limit) : nil
  }

  func shared(_ answer: Words, _ caption: Words) -> ResponseFault? {
    let asked = caption.contentStems
    let kept = asked.intersection(answer.contentStems)
    // One word may have no other: of a single content word nothing is asked.
    guard kept.count > 1, Double(kept.count) > sharedWords * Double(asked.count) else { return nil }
    return .sharedWords(
      Set(caption.list.filter { !Words($0).contentStems.isDisjoint(with: kept) }).sorted())
  }

  private static let refusals = [
    "i'm sorry", "i am sorry", "sorry,", "i apologize", "i cannot", "i can't", "i can not", "i'm unable",
    "i am unable", "i'm not able", "i am not able", "i won't", "i will not", "as an ai",
    "as a language model",
    "as a large language model", "unfortunately, i", "i'm afraid",
  ]
}
