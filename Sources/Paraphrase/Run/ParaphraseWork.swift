import CaptionData
import Foundation

/// What is still to be asked in a run, and what was answered, for all of its threads.
final class ParaphraseWork: @unchecked Sendable {
  // Unchecked: what changes is only touched under `condition`.

  /// A question about a text.
  struct Job: Sendable {
    /// The text's place among the different ones.
    var text: Int
    var question: ResponseCache.Question
    /// The caption before the input, for the second step.
    var original: String?
    /// What was wrong with the last answer.
    var problem: String?
  }

  private struct Progress {
    var plain: String?
    var paraphrase: String?
    var fault: String?
    var tokens = 0
    var isFinished: Bool { paraphrase != nil || fault != nil }
  }

  private let condition = NSCondition()
  private let run: ParaphraseRun
  private let texts: [String]
  private let places: [String: Int]
  private var state: [Progress]
  /// By step.
  private var ready: [[Job]] = [[], []]
  /// What another process asks just now, with when to look again.
  private var waiting: [(job: Job, after: Date)] = []
  private var inFlight = 0
  private var isExhausted = false
  private var cached = 0
  private var answered = 0
  private var finishedCount = 0
  private(set) var error: (any Error)?

  init(_ captions: [SourceCaptions.Caption], run: ParaphraseRun) throws {
    self.run = run
    var texts: [String] = []
    var places: [String: Int] = [:]
    for caption in captions where places[caption.text] == nil {
      places[caption.text] = texts.count
      texts.append(caption.text)
    }
    self.texts = texts
    self.places = places
    state = [Progress](repeating: Progress(), count: texts.count)
    try lookUp()
    // Taken from the end.
    for step in ready.indices { ready[step].reverse() }
  }

  /// The number of different texts.
  var count: Int { texts.count }

  /// How many of them are finished.
  var finished: Int {
    condition.lock()
    defer { condition.unlock() }
    return finishedCount
  }

  /// Takes what the cache knows, a few thousand questions at a time, and makes jobs of the rest.
  private func lookUp() throws {
    var jobs = try texts.indices.map { try job(.plain, $0) }
    while !jobs.isEmpty {
      var next: [Job] = []
      for start in stride(from: 0, to: jobs.count, by: 4096) {
        let part = jobs[start..<min(start + 4096, jobs.count)]
        let known = try run.cache.known(part.map(\.question.key), attempts: run.plan.attempts)
        for (job, known) in zip(part, known) {
          guard let known else {
            ready[job.question.step.rawValue - 1].append(job)
            continue
          }
          if let following = try apply(known, to: job, isCached: true) { next.append(following) }
        }
      }
      jobs = next
    }
  }

  private func job(_ step: ParaphraseStep, _ text: Int) throws -> Job {
    let input = step == .plain ? texts[text] : state[text].plain ?? texts[text]
    let original = step == .plain ? nil : texts[text]
    let question = try run.plan.question(step, input, original: original, model: run.endpoint.model)
    return Job(text: text, question: question, original: original)
  }

  /// Notes what is known of a question; the next one about the same text, if there is one.
  private func apply(_ known: ResponseCache.State, to job: Job, isCached: Bool) throws -> Job? {
    switch known {
    case .answered(let answer, let tokens):
      state[job.text].tokens += tokens
      if isCached { cached += 1 } else { answered += 1 }
      if job.question.step == .plain {
        state[job.text].plain = answer
        return try self.job(.paraphrase, job.text)
      }
      state[job.text].paraphrase = answer
      finishedCount += 1
    case .skipped(let fault, let tokens):
      state[job.text].tokens += tokens
      state[job.text].fault = fault
      finishedCount += 1
    case .claimed(_, let problem):
      var again = job
      again.problem = problem
      return again
    case .busy: waiting.append((job, Date().addingTimeInterval(0.2)))
    }
    return nil
  }

  /// Takes what the cache says of a job that ``next(_:)`` gave.
  func take(_ known: ResponseCache.State, for job: Job, isCached: Bool) throws {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    inFlight -= 1
    if let following = try apply(known, to: job, isCached: isCached) {
      ready[following.question.step.rawValue - 1].append(following)
    }
  }

  /// Ends jobs that are not asked in this run.
  func giveUp(_ jobs: [Job]) {
    condition.lock()
    inFlight -= jobs.count
    condition.broadcast()
    condition.unlock()
  }

  /// Ends the run because the budget is reached.
  func exhaust() {
    condition.lock()
    isExhausted = true
    condition.broadcast()
    condition.unlock()
  }

  /// Ends the run because of an error.
  func stop(_ error: any Error) {
    condition.lock()
    self.error = self.error ?? error
    condition.broadcast()
    condition.unlock()
  }

  /// The next jobs, all of one step; nil when there are none and will be none.
  func next(_ batch: Int) -> [Job]? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if error != nil || isExhausted { return nil }
      let now = Date()
      for entry in waiting where entry.after <= now {
        ready[entry.job.question.step.rawValue - 1].append(entry.job)
      }
      waiting.removeAll { $0.after <= now }
      // Full batches first, of the second step before the first, so that texts are finished early.
      let step = [1, 0].first { ready[$0].count >= batch } ?? [0, 1].first { !ready[$0].isEmpty }
      if let step {
        let jobs = Array(ready[step].suffix(batch).reversed())
        ready[step].removeLast(jobs.count)
        inFlight += jobs.count
        return jobs
      }
      if inFlight == 0, waiting.isEmpty { return nil }
      _ = condition.wait(until: waiting.map(\.after).min() ?? now.addingTimeInterval(60))
    }
  }

  /// The lines of the captions, and what became of the others.
  func result(for captions: [SourceCaptions.Caption], version: String, model: String) -> ParaphraseRun.Result
  {
    var result = ParaphraseRun.Result()
    for caption in captions {
      guard let place = places[caption.text] else { continue }
      let progress = state[place]
      if let paraphrase = progress.paraphrase {
        result.lines.append(
          ParaphrasedCaption(
            id: caption.id, caption: caption.text, plain: progress.plain, paraphrase: paraphrase,
            model: model,
            prompts: version, tokens: progress.tokens))
      } else if let fault = progress.fault {
        result.skipped[fault, default: 0] += 1
        if result.examples.count < 10 {
          result.examples.append(
            SkippedItem(
              id: caption.id,
              reason:
                "id \"\(caption.id)\", line \(caption.line): no acceptable paraphrase of \"\(caption.text)\" (\(fault))."
            ))
        }
      } else {
        result.cost.unreached += 1
      }
    }
    result.cost.cached = cached
    result.cost.answered = answered
    return result
  }
}
