import JSON

/// How captions are paraphrased by a language model.
public struct ParaphrasePlan: Sendable {
  /// What the model is told.
  public var prompts: PromptSet
  /// Its sampling settings.
  public var sampling: Sampling
  /// The most captions of a request.
  public var batch: Int
  /// The most requests at once.
  public var concurrency: Int
  /// The most requests a minute; nil for no limit.
  public var rate: Double?
  /// The attempts after which a caption without a good answer is skipped.
  public var attempts: Int
  /// The most tokens that all runs with a cache may cost together; nil for no limit.
  public var budget: Int?
  /// When a failing server is asked again.
  public var retry: RetryPolicy
  /// What an answer must be like.
  public var check: ResponseCheck

  /// Creates a plan.
  public init(
    prompts: PromptSet, sampling: Sampling = Sampling(), batch: Int = 8, concurrency: Int = 4,
    rate: Double? = nil,
    attempts: Int = 3, budget: Int? = nil, retry: RetryPolicy = RetryPolicy(),
    check: ResponseCheck = ResponseCheck()
  ) {
    self.prompts = prompts
    self.sampling = sampling
    // A base model's text ends with one caption.
    self.batch = prompts.interface == .chat ? max(1, batch) : 1
    self.concurrency = max(1, concurrency)
    self.rate = rate
    self.attempts = max(1, attempts)
    self.budget = budget
    self.retry = retry
    self.check = check
  }

  /// The name under which a question is stored: the same whoever asks, wherever the model is, and however many captions
  /// a request has.
  ///
  /// - Parameter original: the caption before `input`, for the second step.
  func question(_ step: ParaphraseStep, _ input: String, original: String?, model: String) throws
    -> ResponseCache.Question
  {
    let parts: JSONValue = [
      "plumb paraphrase 1", .string(model), .string(prompts[step].hash),
      .integer(step.rawValue), .string(input), original.map { .string($0) } ?? .null,
      .number(sampling.temperature), .number(sampling.topP), .integer(sampling.maxTokens),
    ]
    // The answers of the chat interface keep the keys that they had before there was another.
    let text = try parts.text() + (prompts.interface == .chat ? "" : prompts.interface.rawValue)
    return .init(key: TextHash.sha256(text), step: step, input: input)
  }
}
