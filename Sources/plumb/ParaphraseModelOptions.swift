public import ArgumentParser
import Foundation
public import Paraphrase

extension ChatEndpoint.Interface: ExpressibleByArgument {}

/// The language model of `plumb paraphrase`, and how requests are made.
struct ParaphraseModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Base URL of the API, such as http://localhost:8000/v1.", valueName: "url"))
  var endpoint: String?

  @Option(
    help:
      "Interface: chat, for models that follow instructions, or completions, for base models, which are shown examples."
  )
  var api = ChatEndpoint.Interface.chat

  @Option(help: ArgumentHelp("Model name in requests to the API.", valueName: "name"))
  var llmModel: String?

  @Option(
    help: ArgumentHelp(
      "Folder with plain.txt and paraphrase.txt to use instead of the built-in prompts.", valueName: "folder")
  )
  var prompts: String?

  @Option(
    help: ArgumentHelp("Response cache (default: the output file's name with .cache).", valueName: "file")
  )
  var cache: String?

  @Option(
    help: ArgumentHelp(
      "Maximum number of captions in a request (default: 8; 1 with --api completions).", valueName: "count"))
  var batchSize: Int?

  @Option(help: ArgumentHelp("Maximum number of concurrent requests.", valueName: "count"))
  var concurrency = 4

  @Option(
    name: .customLong("requests-per-minute"),
    help: ArgumentHelp("Rate limit in requests per minute (default: none).", valueName: "count"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "Number of attempts for a caption before it is skipped.", valueName: "count"))
  var attempts = 3

  @Option(help: ArgumentHelp("Number of consecutive retries after a server error.", valueName: "count"))
  var retries = 5

  @Option(help: ArgumentHelp("Timeout of a request in seconds.", valueName: "seconds"))
  var timeout = 120

  @Option(
    help: ArgumentHelp(
      "Maximum number of tokens to spend, over all runs that share the cache.", valueName: "tokens"))
  var budget: Int?

  @Option(help: "Sampling temperature (default: 1; 0.7 with --api completions).")
  var temperature: Double?

  @Option(
    help:
      "Nucleus sampling: cumulative probability of the tokens to sample from (default: 0.1; 0.9 with --api completions)."
  )
  var topP: Double?

  @Option(
    help: ArgumentHelp(
      "Maximum number of tokens in a response, for all captions of its request (default: 512; 64 with --api completions).",
      valueName: "tokens"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp("Maximum share of the content words of x′ that x″ may keep.", valueName: "share"))
  var sharedWords = 0.5

  @Flag(help: "Print the number of requests and an estimate of the tokens they would cost, and exit.")
  var dryRun = false

  func validate() throws {
    for (name, value) in [
      ("batch-size", batchSize ?? 1), ("concurrency", concurrency), ("attempts", attempts),
      ("timeout", timeout),
      ("budget", budget ?? 1), ("max-tokens", maxTokens ?? 1),
    ] where value < 1 {
      throw ValidationError("--\(name) must be 1 or more.")
    }
    guard attempts <= 1_000_000_000_000, (budget ?? 1) <= 1_000_000_000_000 else {
      throw ValidationError("--attempts and --budget must be at most 1000000000000.")
    }
    guard api == .chat || (batchSize ?? 1) == 1 else {
      throw ValidationError("--api completions has one caption in a request; remove --batch-size.")
    }
    guard (batchSize ?? 1) <= 256, concurrency <= 256 else {
      throw ValidationError("--batch-size and --concurrency must be at most 256.")
    }
    guard timeout <= 86_400, (maxTokens ?? 1) <= 1_000_000 else {
      throw ValidationError("--timeout must be at most 86400 and --max-tokens at most 1000000.")
    }
    guard (0...100).contains(retries) else { throw ValidationError("--retries must be from 0 to 100.") }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--requests-per-minute must be more than 0.")
    }
    guard (0...2).contains(temperature ?? 1) else {
      throw ValidationError("--temperature must be from 0 to 2.")
    }
    guard (topP ?? 1) > 0, (topP ?? 1) <= 1 else {
      throw ValidationError("--top-p must be more than 0 and at most 1.")
    }
    guard (0...1).contains(sharedWords) else { throw ValidationError("--shared-words must be from 0 to 1.") }
  }

  /// The server.
  func connection() throws -> ChatEndpoint {
    try ChatEndpoint(
      endpoint ?? "", model: llmModel ?? "", interface: api, timeout: timeout,
      environment: ProcessInfo.processInfo.environment)
  }

  /// How it is asked.
  func plan() throws -> ParaphrasePlan {
    let set =
      try prompts.map { try PromptSet(folder: URL(fileURLWithPath: $0, isDirectory: true), for: api) }
      ?? PromptSet(for: api)
    // A base model is asked again in the same words, and should then say something else.
    let usual =
      api == .chat ? Sampling() : Sampling(temperature: 0.7, topP: 0.9, maxTokens: 64)
    return ParaphrasePlan(
      prompts: set,
      sampling: Sampling(
        temperature: temperature ?? usual.temperature, topP: topP ?? usual.topP,
        maxTokens: maxTokens ?? usual.maxTokens),
      batch: batchSize ?? 8,
      concurrency: concurrency, rate: rate, attempts: attempts, budget: budget,
      retry: RetryPolicy(retries: retries),
      check: ResponseCheck(sharedWords: sharedWords))
  }

  /// Opens the cache, or makes it.
  func openCache(output: String) throws -> ResponseCache {
    guard cache != nil || !output.hasPrefix("/dev/") else {
      throw ValidationError("\(output) has no folder for a response cache beside it; give one with --cache.")
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
