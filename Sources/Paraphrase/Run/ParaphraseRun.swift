public import CaptionData
import Foundation
import Synchronization

/// Paraphrases captions by a language model in two steps, through a cache.
public final class ParaphraseRun: Sendable {
  /// What a run brought.
  public struct Result: Sendable {
    /// The finished lines, in the captions' order.
    public var lines: [ParaphrasedCaption] = []
    /// How many captions were skipped, by the fault of their last answer.
    public var skipped: [String: Int] = [:]
    /// The first of them.
    public var examples: [SkippedItem] = []
    /// What it took.
    public var cost = ParaphraseReport.Cost()
  }

  let plan: ParaphrasePlan
  let endpoint: ChatEndpoint
  let cache: ResponseCache
  private let limiter: RateLimiter
  private let client: ChatClient

  /// Creates a run.
  public init(plan: ParaphrasePlan, endpoint: ChatEndpoint, cache: ResponseCache) {
    self.plan = plan
    self.endpoint = endpoint
    self.cache = cache
    limiter = RateLimiter(rate: plan.rate)
    client = ChatClient(endpoint: endpoint, plan: plan, cache: cache, limiter: limiter)
  }

  /// Paraphrases captions; the same text is asked once.
  ///
  /// What a server or the budget ends early is in the cache: the same run goes on from there.
  ///
  /// - Parameter progress: gets the number of texts that are finished, and of all; called from any thread.
  /// - Throws: ``ParaphraseError``.
  public func run(
    _ captions: [SourceCaptions.Caption], progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> Result {
    let work = try ParaphraseWork(captions, run: self)
    progress(work.finished, work.count)
    let renewal = Renewal(cache)
    let threads = (0..<min(plan.concurrency, max(1, work.count))).map { _ in
      WorkerThread { [self] in
        while let jobs = work.next(plan.batch) {
          do {
            try process(jobs, work)
          } catch {
            work.stop(error)
            limiter.stop()
          }
          progress(work.finished, work.count)
        }
      }
    }
    for thread in threads { thread.join() }
    renewal.stop()
    if let error = work.error { throw error }
    var result = work.result(for: captions, version: plan.prompts.version, model: endpoint.model)
    let spent = client.spent
    result.cost.requests = spent.requests
    result.cost.tokens = spent.tokens
    result.cost.cacheTokens = try cache.spent().tokens
    return result
  }

  private func process(_ jobs: [ParaphraseWork.Job], _ work: ParaphraseWork) throws {
    let states = try cache.claim(jobs.map(\.question), attempts: plan.attempts)
    var asked: [ParaphraseWork.Job] = []
    for (var job, state) in zip(jobs, states) {
      if case .claimed(_, let problem) = state {
        job.problem = problem
        asked.append(job)
      } else {
        try work.take(state, for: job, isCached: true)
      }
    }
    if !asked.isEmpty { try ask(asked, work) }
  }

  /// Asks captions together; where the answer has another number of paraphrases, in halves.
  private func ask(_ jobs: [ParaphraseWork.Job], _ work: ParaphraseWork) throws {
    let step = jobs[0].question.step
    let items = jobs.map { Prompt.Item(caption: $0.question.input, problem: $0.problem) }
    let answer: ChatClient.Answer
    do {
      answer = try client.ask(plan.prompts.filled(step, with: items))
    } catch {
      try? cache.release(jobs.map(\.question.key))
      throw error
    }
    let texts: Swift.Result<[String], ResponseFault>
    let (cost, reservation): (Int, Int64)
    switch answer {
    case .exhausted, .stopped:
      try cache.release(jobs.map(\.question.key))
      if answer == .exhausted { work.exhaust() }
      return work.giveUp(jobs)
    case .refusal(let tokens, let slip):
      (texts, cost, reservation) = (.failure(.refusal), tokens, slip)
    case .text(let text, let isCut, let tokens, let slip):
      (texts, cost, reservation) = (read(text, isCut: isCut, jobs: jobs), tokens, slip)
    }
    if case .failure = texts, jobs.count > 1 {
      try record(jobs, jobs.map { _ in nil }, cost, reservation, work)
      let middle = jobs.count / 2
      var parts = [Array(jobs[..<middle]), Array(jobs[middle...])]
      do {
        while let part = parts.first {
          parts.removeFirst()
          try ask(part, work)
        }
      } catch {
        try? cache.release(parts.joined().map(\.question.key))
        throw error
      }
      return
    }
    let results: [Swift.Result<String, ResponseFault>?]
    switch texts {
    case .failure(let fault): results = jobs.map { _ in .failure(fault) }
    case .success(let texts):
      results = zip(jobs, texts).map { job, text in
        plan.check.fault(of: text, to: job.question.input, original: job.original).map { .failure($0) }
          ?? .success(text)
      }
    }
    try record(jobs, results, cost, reservation, work)
  }

  private func read(
    _ text: String, isCut: Bool, jobs: [ParaphraseWork.Job]
  ) -> Swift.Result<[String], ResponseFault> {
    if isCut {
      return .failure(.malformed("the answer was cut at \(plan.sampling.maxTokens) tokens; be brief"))
    }
    do throws(ResponseFault) {
      return .success(try ResponseList.read(text, count: jobs.count))
    } catch {
      // A refusal in plain words instead of a list.
      return .failure(plan.check.isRefusal(text) ? .refusal : error)
    }
  }

  /// Stores what came of a request with what it cost, and goes on with each caption.
  private func record(
    _ jobs: [ParaphraseWork.Job], _ results: [Swift.Result<String, ResponseFault>?], _ cost: Int,
    _ reservation: Int64,
    _ work: ParaphraseWork
  ) throws {
    let (share, rest) = cost.quotientAndRemainder(dividingBy: jobs.count)
    let outcomes = zip(jobs, results).enumerated().map { index, pair in
      ResponseCache.Outcome(key: pair.0.question.key, result: pair.1, tokens: share + (index < rest ? 1 : 0))
    }
    let states = try cache.record(outcomes, attempts: plan.attempts, reservation: reservation, tokens: cost)
    for ((job, result), state) in zip(zip(jobs, results), states) where result != nil {
      try work.take(state, for: job, isCached: false)
    }
  }
}
