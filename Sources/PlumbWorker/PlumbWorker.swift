import CLIP
import CaptionMetrics
import Compute
import Files
import Foundation
import JSON

/// Answers requests of another program, one after the other: `docs/worker.md` has the protocol.
public final class PlumbWorker {
  /// The version of the protocol.
  public static let protocolVersion = 1

  private let embedding: EmbeddingRequests
  private let scoring: ScoreRequests
  private let rewards: RewardRequests

  private let bounds: WorkerBounds

  /// - Parameter threads: how many threads work; nil for all CPU cores.
  public convenience init(threads: Int? = nil) { self.init(threads: threads, bounds: WorkerBounds()) }

  /// - Parameter bounds: how much it takes at most.
  package init(threads: Int?, bounds: WorkerBounds) {
    self.bounds = bounds
    let models = OpenModels(threads: threads)
    embedding = EmbeddingRequests(models: models)
    scoring = ScoreRequests(models: models, threads: threads)
    rewards = RewardRequests(models: models, threads: threads)
  }

  /// Answers requests that come on one file descriptor on another, until the input ends or nobody reads the answers. Returns false after a request that could not be read.
  ///
  /// - Throws: where the answers cannot be written, as on a full disk.
  public func run(input: Int32, output: Int32) throws -> Bool {
    var reader = FrameReader(input)
    let writer = FrameWriter(output)
    while true {
      do {
        guard let frame = try reader.next() else { return true }
        let isRead = try autoreleasing { try answer(frame, writer) }
        guard isRead else { return true }
      } catch let error as AnswerError {
        throw error
      } catch {
        let members: [JSONValue.Member] = [
          .init("ok", .bool(false)), .init("fatal", .bool(true)),
          .init("error", .string(sentence(for: error))),
        ]
        _ = try writer.write(members)
        return false
      }
    }
  }

  /// Answers a request; false where nobody reads any more.
  private func answer(_ frame: Frame, _ writer: FrameWriter) throws -> Bool {
    let id = Request.id(of: frame).map { [JSONValue.Member("id", $0)] } ?? []
    do {
      let answer = try carryOut(Request(frame, bounds: bounds))
      let size = answer.payload.reduce(0) { $0 + $1.count }
      guard size <= bounds.answer else {
        throw RequestError(
          "the answer has \(size) bytes, which are more than \(bounds.answer); ask for fewer items at once.")
      }
      return try writer.write(id + [.init("ok", .bool(true))] + answer.members, payload: answer.payload)
    } catch let error as AnswerError {
      // Part of an answer may be there: another one behind it would be taken for the rest.
      throw error
    } catch {
      return try writer.write(
        id + [.init("ok", .bool(false)), .init("error", .string(sentence(for: error)))])
    }
  }

  private func carryOut(_ request: Request) throws -> Answer {
    switch request.action {
    case "version": return try version(request)
    case "model": return try embedding.describe(request)
    case "tokenize": return try embedding.tokenize(request)
    case "words": return try embedding.words(request)
    case "embed_images": return try embedding.images(request)
    case "embed_texts": return try embedding.texts(request)
    case "rank": return try embedding.rank(request)
    case "score": return try scoring.score(request)
    case "merge": return try scoring.merge(request)
    case "reward_open": return try rewards.open(request)
    case "reward_items": return try rewards.items(request)
    case "reward_score": return try rewards.score(request)
    case "reward_close": return try rewards.close(request)
    default:
      throw RequestError("there is no request \"\(request.action.prefix(60))\"; docs/worker.md lists them.")
    }
  }

  private func version(_ request: Request) throws -> Answer {
    try request.end()
    return Answer(members: [
      .init("version", .string(plumbVersion)), .init("protocol", .integer(Self.protocolVersion)),
      .init("instruction_set", .string(Hardware.instructionSet)),
      .init("metrics", .array(MetricRegistry.standard.names.map(JSONValue.string))),
    ])
  }

  /// On Apple's platforms what Foundation allocates is freed after each request.
  private func autoreleasing<Result>(_ body: () throws -> Result) rethrows -> Result {
    #if canImport(ObjectiveC)
      try autoreleasepool(invoking: body)
    #else
      try body()
    #endif
  }
}
