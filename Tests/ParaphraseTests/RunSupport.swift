import Foundation
import Paraphrase
import TestSupport

/// Captions and a folder for a cache, and runs with them against a server.
struct RunSupport {
  let folder: URL
  var captions: [SourceCaptions.Caption]
  var plan: ParaphrasePlan

  /// Calls `body` with so many captions, the last of which is the first again.
  static func with<R>(captions count: Int = 7, _ body: (inout RunSupport) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("captions.txt")
      let texts = (0..<count).map { $0 == count - 1 ? text(0) : text($0) }
      try Data((texts.joined(separator: "\n") + "\n").utf8).write(to: file)
      var plan = ParaphrasePlan(prompts: try PromptSet(), batch: 3, concurrency: 2)
      plan.retry = RetryPolicy(retries: 3, delay: 0.001)
      var support = RunSupport(
        folder: folder, captions: try SourceCaptions(contentsOf: file).captions, plan: plan)
      return try body(&support)
    }
  }

  /// A caption, with a number that must be kept.
  static func text(_ index: Int) -> String { "bird \(index) sits on some branch" }

  func cache() throws -> ResponseCache {
    try ResponseCache(at: folder.appendingPathComponent("answers.cache"))
  }

  func endpoint(
    _ server: ChatServer, model: String = "tiny", key: [String: String] = [:], timeout: Int = 20
  ) throws -> ChatEndpoint {
    try ChatEndpoint(server.endpoint, model: model, timeout: timeout, environment: key)
  }

  /// Runs to the end.
  func run(_ server: ChatServer, key: [String: String] = [:], timeout: Int = 20) throws
    -> ParaphraseRun.Result
  {
    try ParaphraseRun(plan: plan, endpoint: endpoint(server, key: key, timeout: timeout), cache: cache()).run(
      captions)
  }

  /// The lines that good answers make, without what they cost.
  var expected: [[String]] {
    captions.map {
      let plain = ChatServer.paraphrase(of: $0.text, step: 1)
      return [$0.id, $0.text, plain, ChatServer.paraphrase(of: plain, step: 2)]
    }
  }

  static func plainly(_ lines: [ParaphrasedCaption]) -> [[String]] {
    lines.map { [$0.id, $0.caption, $0.plain ?? "", $0.paraphrase] }
  }
}
