public import JSON

/// What a run would ask, before it asks.
public struct ParaphraseEstimate: Sendable, Equatable {
  /// The captions.
  public var captions = 0
  /// How many different texts they are.
  public var texts = 0
  /// Texts with both paraphrases in the cache.
  public var finished = 0
  /// Texts that are skipped after as many attempts as are allowed.
  public var skipped = 0
  /// Answers that the cache has.
  public var cached = 0
  /// Plain paraphrases that are to be asked for.
  public var plain = 0
  /// Paraphrases in other words that are to be asked for.
  public var paraphrase = 0
  /// Requests, where every answer is good.
  public var requests = 0
  /// Tokens, where every answer is good; from what English mostly has.
  public var tokens = 0

  /// Looks captions up in a cache, which may be absent.
  ///
  /// - Throws: ``ParaphraseError``.
  public init(
    _ captions: [SourceCaptions.Caption], plan: ParaphrasePlan, model: String, cache: ResponseCache?
  ) throws {
    self.captions = captions.count
    var seen: Set<String> = []
    let different = captions.map(\.text).filter { seen.insert($0).inserted }
    texts = different.count
    var plainTokens = 0
    var paraphraseTokens = 0
    for start in stride(from: 0, to: different.count, by: 4096) {
      let part = Array(different[start..<min(start + 4096, different.count)])
      let keys = try part.map { try plan.question(.plain, $0, original: nil, model: model).key }
      let known = try cache?.known(keys, attempts: plan.attempts) ?? keys.map { _ in nil }
      var seconds: [(original: String, plain: String)] = []
      for (text, known) in zip(part, known) {
        switch known {
        case .answered(let answer, _): seconds.append((text, answer))
        case .skipped: skipped += 1
        default:
          plain += 1
          plainTokens += Self.itemTokens(text)
          // Its x′ will be about as long.
          paraphrase += 1
          paraphraseTokens += Self.itemTokens(text)
        }
      }
      cached += seconds.count
      let secondKeys = try seconds.map {
        try plan.question(.paraphrase, $0.plain, original: $0.original, model: model).key
      }
      let secondKnown = try cache?.known(secondKeys, attempts: plan.attempts) ?? secondKeys.map { _ in nil }
      for (second, known) in zip(seconds, secondKnown) {
        switch known {
        case .answered:
          cached += 1
          finished += 1
        case .skipped: skipped += 1
        default:
          paraphrase += 1
          paraphraseTokens += Self.itemTokens(second.plain)
        }
      }
    }
    let requests = [plain, paraphrase].map { ($0 + plan.batch - 1) / plan.batch }
    self.requests = requests[0] + requests[1]
    tokens =
      plainTokens + paraphraseTokens + requests[0] * (TokenEstimate.likely(plan.prompts.plain.text) + 8)
      + requests[1] * (TokenEstimate.likely(plan.prompts.paraphrase.text) + 8)
  }

  /// A caption in its list, and its paraphrase in the answer.
  private static func itemTokens(_ text: String) -> Int { 2 * TokenEstimate.likely(text) + 16 }

  /// The estimate for programs.
  public var json: JSONValue {
    [
      "captions": .integer(captions), "texts": .integer(texts), "finished": .integer(finished),
      "skipped": .integer(skipped), "from_cache": .integer(cached), "to_ask_plain": .integer(plain),
      "to_ask_paraphrase": .integer(paraphrase), "requests": .integer(requests), "tokens": .integer(tokens),
    ]
  }

  /// The estimate for people.
  public var lines: [String] {
    [
      "\(captions) captions, \(texts) different; \(finished) finished and \(skipped) skipped in the cache",
      "\(cached) responses are in the cache, \(plain + paraphrase) are still to be requested: \(plain) plain, \(paraphrase) in "
        + "other words",
      "about \(requests) requests and \(tokens) tokens, if every response is accepted; nothing was requested",
    ]
  }
}

/// What texts cost in tokens, without the tokenizer of a model that is somewhere else.
enum TokenEstimate {
  /// About as many tokens as a text has: four bytes of English make one, a letter beyond ASCII is one.
  static func likely(_ text: String) -> Int {
    let ascii = text.utf8.count { $0 < 0x80 }
    return (ascii + 3) / 4 + text.unicodeScalars.count { $0.value >= 0x80 }
  }

  /// More tokens than a text has, under any byte-pair vocabulary of English: two bytes of ASCII make at least one, any
  /// other byte is at most one. With what a server wraps around a message.
  static func bound(_ text: String) -> Int {
    let ascii = text.utf8.count { $0 < 0x80 }
    return (ascii + 1) / 2 + (text.utf8.count - ascii) + 32
  }
}
