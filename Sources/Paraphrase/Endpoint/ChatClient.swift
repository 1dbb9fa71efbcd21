import Foundation
import HTTPClient
import JSON
import Synchronization

/// Asks a language model until it answers, within a rate limit and a budget.
final class ChatClient: Sendable {
  /// What came of asking.
  enum Answer: Equatable {
    /// The model's words, and the reservation that is to be settled with what they cost.
    case text(String, isCut: Bool, tokens: Int, reservation: Int64)
    /// The model or its server declines.
    case refusal(tokens: Int, reservation: Int64)
    /// The budget does not allow another request.
    case exhausted
    /// The run was stopped by another thread.
    case stopped
  }

  private let endpoint: ChatEndpoint
  private let plan: ParaphrasePlan
  private let cache: ResponseCache
  private let limiter: RateLimiter
  private struct Counters {
    var requests = 0
    var tokens = 0
    var wantsCompletionTokens = false
  }
  private let counters = Mutex(Counters())

  init(endpoint: ChatEndpoint, plan: ParaphrasePlan, cache: ResponseCache, limiter: RateLimiter) {
    self.endpoint = endpoint
    self.plan = plan
    self.cache = cache
    self.limiter = limiter
  }

  /// The requests that were sent, and what they cost.
  var spent: (requests: Int, tokens: Int) { counters.withLock { ($0.requests, $0.tokens) } }

  /// Asks once, and again while that may help.
  ///
  /// - Throws: ``ParaphraseError``.
  func ask(_ prompt: String) throws -> Answer {
    var failures = 0
    while true {
      let permission = try permission(for: prompt)
      guard case .granted(let reservation) = permission else {
        return permission == .wait ? .stopped : .exhausted
      }
      guard limiter.wait() else {
        try cache.release(reservation)
        return .stopped
      }
      switch try attempt(prompt, reservation: reservation) {
      case .done(let answer): return answer
      case .again: continue
      case .failed(let reason, let rest):
        failures += 1
        guard failures <= plan.retry.retries else {
          throw ParaphraseError.serverFailed(
            url: endpoint.url.absoluteString, attempts: failures, reason: endpoint.withoutKey(reason))
        }
        if let rest {
          guard rest <= plan.retry.longestRest else {
            throw ParaphraseError.asksToWait(
              url: endpoint.url.absoluteString, seconds: Int(min(rest, 1e9).rounded(.up)))
          }
          // Everybody waits: the server means all of us.
          limiter.rest(rest)
        } else if !limiter.sleep(plan.retry.backOff(after: failures, chance: .random(in: 0...1))) {
          return .stopped
        }
      }
    }
  }

  /// Waits for room in the budget; `wait` when the run is stopped meanwhile.
  private func permission(for prompt: String) throws -> ResponseCache.Permission {
    let bound = TokenEstimate.bound(prompt) + plan.sampling.maxTokens
    while true {
      let permission = try cache.reserve(bound, budget: plan.budget)
      guard permission == .wait else { return permission }
      guard limiter.sleep(0.05) else { return .wait }
    }
  }

  private enum Attempt {
    case done(Answer)
    /// In another way, at once.
    case again
    case failed(reason: String, rest: Double?)
  }

  private func attempt(_ prompt: String, reservation: Int64) throws -> Attempt {
    let reply: HTTPReply
    counters.withLock { $0.requests += 1 }
    do throws(HTTPFailure) {
      reply = try HTTPPost(url: endpoint.url, key: endpoint.key?.value, timeout: endpoint.timeout)
        .send(try body(prompt))
    } catch {
      switch error {
      case .noTransport:
        try cache.release(reservation)
        throw ParaphraseError.noTransport
      case .refused(_, let reason):
        try cache.release(reservation)
        throw ParaphraseError.unreachable(
          url: endpoint.url.absoluteString, reason: endpoint.withoutKey(reason))
      case .broken(let reason, let reply):
        // An answer that broke off was made, and is likely to be billed.
        try charge(reply.status == 200 ? TokenEstimate.likely(prompt) : 0, reservation)
        return .failed(reason: reason.isEmpty ? "the connection broke" : reason, rest: nil)
      }
    }
    switch ChatReply(reply, hiding: endpoint.key?.value) {
    case .answer(var text, var isCut, let tokens):
      if endpoint.interface == .completions {
        // A base model goes on with examples of its own where a server passes over the stop sequence.
        let line = text.drop(while: \.isWhitespace).prefix { !$0.isNewline }
        isCut = isCut && line.endIndex == text.endIndex
        text = String(line)
      }
      let cost = tokens ?? TokenEstimate.likely(prompt) + TokenEstimate.likely(text)
      counters.withLock { $0.tokens += cost }
      return .done(.text(text, isCut: isCut, tokens: cost, reservation: reservation))
    case .refusal(let tokens):
      let cost = tokens ?? TokenEstimate.likely(prompt)
      counters.withLock { $0.tokens += cost }
      return .done(.refusal(tokens: cost, reservation: reservation))
    case .wantsCompletionTokens:
      try charge(0, reservation)
      let isNew = counters.withLock { counters in
        defer { counters.wantsCompletionTokens = true }
        return !counters.wantsCompletionTokens
      }
      return isNew
        ? .again : .failed(reason: "the server takes neither form of the limit of tokens", rest: nil)
    case .transient(let reason):
      try charge(reply.status == 200 ? TokenEstimate.likely(prompt) : 0, reservation)
      return .failed(
        reason: reason, rest: RetryPolicy.rest(askedBy: reply.headers["retry-after"], now: Date()))
    case .final(let status, let reason, _):
      try charge(0, reservation)
      throw final(status: status, reason: endpoint.withoutKey(reason))
    }
  }

  private func charge(_ tokens: Int, _ reservation: Int64) throws {
    counters.withLock { $0.tokens += tokens }
    try cache.settle(reservation, tokens: tokens)
  }

  private func final(status: Int, reason: String) -> ParaphraseError {
    let url = endpoint.url.absoluteString
    switch status {
    case 401, 403: return .refused(url: url, status: status, variable: endpoint.key?.variable)
    case 402: return .noCredit(url: url)
    case 404: return .notFound(url: url, model: endpoint.model, reason: reason)
    default: return .rejected(url: url, status: status, reason: reason)
    }
  }

  private func body(_ prompt: String) throws(HTTPFailure) -> String {
    let limit = counters.withLock { $0.wantsCompletionTokens } ? "max_completion_tokens" : "max_tokens"
    let question: [JSONValue.Member] =
      switch endpoint.interface {
      case .chat: [.init("messages", [["role": "user", "content": .string(prompt)]])]
      case .completions: [.init("prompt", .string(prompt)), .init("stop", ["\n"])]
      }
    let body = JSONValue.object(
      [.init("model", .string(endpoint.model))] + question + [
        .init("temperature", .number(plan.sampling.temperature)), .init("top_p", .number(plan.sampling.topP)),
        .init(limit, .integer(plan.sampling.maxTokens)), .init("stream", .bool(false)),
      ])
    do { return try body.text() } catch {
      throw .refused(url: endpoint.url.absoluteString, reason: "the request cannot be written")
    }
  }
}
