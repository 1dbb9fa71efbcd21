import ArgumentParser
import Foundation
import Paraphrase

/// The language model of `plumb paraphrase`, and how it is asked.
struct ParaphraseModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Its address, such as http://localhost:8000/v1.", valueName: "url"))
  var endpoint: String?

  @Option(help: ArgumentHelp("Its name there.", valueName: "name"))
  var llmModel: String?

  @Option(
    help: ArgumentHelp(
      "A folder with plain.txt and paraphrase.txt in place of the built-in prompts.", valueName: "folder"))
  var prompts: String?

  @Option(
    help: ArgumentHelp("Where answers are kept; the output's name with .cache by default.", valueName: "file")
  )
  var cache: String?

  @Option(help: ArgumentHelp("The most captions of a request.", valueName: "count"))
  var batch = 8

  @Option(help: ArgumentHelp("The most requests at once.", valueName: "count"))
  var concurrency = 4

  @Option(help: ArgumentHelp("The most requests a minute.", valueName: "count"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Attempts after which a caption without a good answer is skipped.", valueName: "count"))
  var attempts = 3

  @Option(help: ArgumentHelp("How often a failing server is asked again, in a row.", valueName: "count"))
  var retries = 5

  @Option(help: ArgumentHelp("After so many seconds a request counts as broken.", valueName: "seconds"))
  var timeout = 120

  @Option(help: ArgumentHelp("Stop before the cache has cost so many tokens in all.", valueName: "tokens"))
  var budget: Int?

  @Option(help: "How freely words are drawn.")
  var temperature = 1.0

  @Option(help: "The share of probability that words are drawn from.")
  var topP = 0.1

  @Option(
    help: ArgumentHelp("The most tokens of an answer, of all its captions together.", valueName: "tokens"))
  var maxTokens = 512

  @Option(help: ArgumentHelp("The largest share of x′'s content words that x″ may keep.", valueName: "share"))
  var sharedWords = 0.5

  @Flag(help: "Say what would be asked and about how many tokens it would cost, and end.")
  var dryRun = false

  func validate() throws {
    for (name, value) in [
      ("batch", batch), ("concurrency", concurrency), ("attempts", attempts), ("timeout", timeout),
      ("budget", budget ?? 1), ("max-tokens", maxTokens),
    ] where !(1...1_000_000_000_000).contains(value) {
      throw ValidationError("--\(name) must be 1 or more.")
    }
    guard batch <= 256, concurrency <= 256 else {
      throw ValidationError("--batch and --concurrency must be at most 256.")
    }
    guard timeout <= 86_400, maxTokens <= 1_000_000 else {
      throw ValidationError("--timeout must be at most 86400 and --max-tokens at most 1000000.")
    }
    guard (0...100).contains(retries) else { throw ValidationError("--retries must be from 0 to 100.") }
    if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--rate must be more than 0.") }
    guard (0...2).contains(temperature) else { throw ValidationError("--temperature must be from 0 to 2.") }
    guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be more than 0 and at most 1.") }
    guard (0...1).contains(sharedWords) else { throw ValidationError("--shared-words must be from 0 to 1.") }
  }

  /// The server.
  func connection() throws -> ChatEndpoint {
    try ChatEndpoint(
      endpoint ?? "", model: llmModel ?? "", timeout: timeout,
      environment: ProcessInfo.processInfo.environment)
  }

  /// How it is asked.
  func plan() throws -> ParaphrasePlan {
    let set =
      try prompts.map { try PromptSet(folder: URL(fileURLWithPath: $0, isDirectory: true)) } ?? PromptSet()
    return ParaphrasePlan(
      prompts: set, sampling: Sampling(temperature: temperature, topP: topP, maxTokens: maxTokens),
      batch: batch,
      concurrency: concurrency, rate: rate, attempts: attempts, budget: budget,
      retry: RetryPolicy(retries: retries),
      check: ResponseCheck(sharedWords: sharedWords))
  }

  /// Opens the cache, or makes it.
  func openCache(output: String) throws -> ResponseCache {
    guard cache != nil || !output.hasPrefix("/dev/") else {
      throw ValidationError("\(output) has no place for a cache beside it; name one with --cache.")
    }
    return try ResponseCache(at: URL(fileURLWithPath: cache ?? output + ".cache"))
  }

  /// Opens the cache where there is one.
  func existingCache(output: String?) throws -> ResponseCache? {
    guard let path = cache ?? output.map({ $0 + ".cache" }), FileManager.default.fileExists(atPath: path)
    else {
      return nil
    }
    return try ResponseCache(at: URL(fileURLWithPath: path))
  }
}
