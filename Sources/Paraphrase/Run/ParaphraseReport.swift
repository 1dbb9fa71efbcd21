public import CaptionData
import Files
public import JSON

/// What a run of `plumb paraphrase` did: for people, and as JSON.
public struct ParaphraseReport: Sendable {
  /// What was written.
  public var output: String
  /// `references`, `rules` or `llm`.
  public var source: String
  /// The language model, `references` or `rules`.
  public var model: String
  /// The version of the prompts or rules.
  public var prompts: String
  /// Captions that were read.
  public var captions = 0
  /// Lines that were written.
  public var written = 0
  /// Lines with x′.
  public var withPlain = 0
  /// The mean share of x′'s content words (of the caption's, without x′) that x″ kept.
  public var sharedWords = 0.0
  /// How many captions were skipped, by reason, most first.
  public var skipped: [(reason: String, count: Int)] = []
  /// Some of those that were skipped, one by one.
  public var examples: [SkippedItem] = []
  /// What asking cost; nil where nothing is asked.
  public var cost: Cost?

  /// What asking a language model took.
  public struct Cost: Sendable, Equatable {
    /// Answers that were in the cache already.
    public var cached = 0
    /// Answers that were asked for and taken.
    public var answered = 0
    /// Requests that were sent.
    public var requests = 0
    /// Tokens of this run.
    public var tokens = 0
    /// Tokens of all runs with this cache.
    public var cacheTokens = 0
    /// Captions that were not reached before the budget was.
    public var unreached = 0

    /// Nothing yet.
    public init() {}
  }

  /// Creates a report of lines that are to be written.
  public init(
    output: String, source: String, model: String, prompts: String, captions set: SourceCaptions,
    lines: [ParaphrasedCaption], skipped: [(reason: String, count: Int)]
  ) {
    (self.output, self.source, self.model, self.prompts) = (output, source, model, prompts)
    captions = set.captions.count + set.outsideWords
    let outside = set.outsideWords == 0 ? [] : [(reason: "outside --words", count: set.outsideWords)]
    written = lines.count
    self.skipped = (skipped + outside).sorted { ($0.count, $1.reason) > ($1.count, $0.reason) }
    var shares = 0.0
    var counted = 0
    for line in lines {
      if line.plain != nil { withPlain += 1 }
      let stems = Words(line.plain ?? line.caption).contentStems
      if stems.isEmpty { continue }
      counted += 1
      shares += Double(stems.intersection(Words(line.paraphrase).contentStems).count) / Double(stems.count)
    }
    sharedWords = counted == 0 ? 0 : shares / Double(counted)
  }

  /// The report for programs.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("output", .string(output)), .init("source", .string(source)), .init("model", .string(model)),
      .init("prompts", .string(prompts)), .init("captions", .integer(captions)),
      .init("written", .integer(written)), .init("with_plain", .integer(withPlain)),
      .init("shared_words", .number(sharedWords)),
      .init("skipped", .object(skipped.map { .init($0.reason, .integer($0.count)) })),
    ]
    if let cost {
      members.append(
        .init(
          "cost",
          [
            "from_cache": .integer(cost.cached), "answered": .integer(cost.answered),
            "requests": .integer(cost.requests), "tokens": .integer(cost.tokens),
            "cache_tokens": .integer(cost.cacheTokens), "not_reached": .integer(cost.unreached),
          ]))
    }
    return .object(members)
  }

  /// The report for people.
  public var lines: [String] {
    var lines = [
      "\(output): \(written) of \(captions) captions paraphrased by \(model), \(withPlain) in two steps"
    ]
    lines.append(
      "  x″ keeps \(Int((sharedWords * 100).rounded())) % of the words before it (mean of content words)")
    if let cost {
      lines.append(
        "  \(cost.answered) responses for \(cost.tokens) tokens in \(cost.requests) requests, \(cost.cached) responses "
          + "were in the cache")
    }
    for (reason, count) in skipped { lines.append("  skipped: \(count), \(reason)") }
    return lines
  }
}
