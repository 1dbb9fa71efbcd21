import CLIP
import CaptionMetrics
import Captioning
import Files
import Foundation
import JSON

/// Requests that reward captions for a trainer.
final class RewardRequests {
  private let models: OpenModels
  private let threads: Int
  private var sessions: [Int: (session: RewardSession, embedder: CLIPEmbedder?)] = [:]
  private var next = 1

  init(models: OpenModels, threads: Int?) {
    self.models = models
    self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
  }

  func open(_ request: Request) throws -> Answer {
    let expression = try RewardExpression(request.requiredString("reward"))
    var options = RewardSession.Options()
    options.documentFrequency = try request.string("df").map {
      try DocumentFrequency(contentsOf: URL(fileURLWithPath: $0))
    }
    options.grammar = try request.string("grammar").map {
      try GrammarHead(contentsOf: URL(fileURLWithPath: $0))
    }
    options.standardizes = try request.flag("standardize", default: false)
    options.hasEnds = try request.flag("end_word", default: true)
    options.threads = threads
    guard options.documentFrequency == nil || !options.hasEnds else {
      throw RequestError(
        "the references of \"df\" have no word for their end: set \"end_word\" to false, or leave \"df\" out."
      )
    }
    guard options.grammar != nil || !expression.terms.contains(where: { $0.name == .grammar }) else {
      throw RequestError("the reward \(expression) needs \"grammar\", a file of plumb caption grammar.")
    }
    var embedder: CLIPEmbedder?
    if expression.terms.contains(where: \.name.needsModel) {
      embedder = try models(request)
    } else {
      models.skip(request)
    }
    try request.end()
    guard sessions.count < request.bounds.rewards else {
      throw RequestError(
        "\(sessions.count) rewards are open, which is the most; close one with \"reward_close\".")
    }
    sessions[next] = (try RewardSession(expression, embedder: embedder, options: options), embedder)
    defer { next += 1 }
    return Answer(members: [
      .init("reward", .integer(next)), .init("expression", .string(expression.description)),
      .init("parts", .array(expression.terms.map { .string($0.name.rawValue) })),
    ])
  }

  private func session(_ request: Request) throws -> (
    number: Int, session: RewardSession, embedder: CLIPEmbedder?
  ) {
    let number = try request.requiredInteger("reward")
    guard let found = sessions[number] else {
      throw RequestError("there is no reward \(number); open one with \"reward_open\".")
    }
    return (number, found.session, found.embedder)
  }

  func items(_ request: Request) throws -> Answer {
    let (_, session, embedder) = try session(request)
    let ids = try request.texts("ids")
    let references = try request.lists("references")
    let images = try request.images().map { try ImageBytes($0, payload: request.payload) }
    try request.end()
    for (key, count) in [("references", references?.count), ("images", images?.urls.count)] {
      guard let count, count != ids.count else { continue }
      throw RequestError("there are \(ids.count) ids and \(count) \(key); give one for each.")
    }
    let held = sessions.values.reduce(0) { $0 + $1.session.count }
    let count = held + Set(ids.compactMap { $0 }.filter { !session.contains($0) }).count
    guard count <= request.bounds.rewardItems else {
      throw RequestError(
        "the open rewards would hold \(count) items, and together they hold at most \(request.bounds.rewardItems); close those that are done with."
      )
    }
    var failures: [Int: String] = [:]
    if let name = session.expression.terms.first(where: \.name.needsReferences)?.name.rawValue {
      guard let references else {
        throw RequestError("\(name) compares with references: give \"references\".")
      }
      for (index, own) in references.enumerated() { failures[index] = Request.problem(of: own) }
    }
    for index in ids.indices where ids[index] == nil { failures[index] = "the id is missing." }
    var rows: EmbeddingRequests.Rows?
    if session.expression.terms.contains(where: \.name.needsImage), let embedder {
      guard let images else {
        throw RequestError("the reward \(session.expression) looks at images: give \"images\".")
      }
      let embedded = try EmbeddingRequests.embed(images, embedder)
      failures.merge(embedded.failures) { first, _ in first }
      rows = embedded
    }
    // An item that lacks something is not taken.
    let kept = ids.indices.filter { failures[$0] == nil }
    try session.add(
      kept.compactMap { ids[$0] }, images: rows.map { rows in kept.map { Array(rows[$0]) } },
      references: references.map { lists in kept.map { lists[$0].compactMap { $0 } } })
    var answer = Answer(members: [.init("count", .integer(session.count))])
    answer.add(failures: failures)
    return answer
  }

  func score(_ request: Request) throws -> Answer {
    let (_, session, _) = try session(request)
    let ids = try request.texts("ids")
    let captions = try request.texts("captions")
    let finished = try request.flags("finished") ?? captions.map { _ in true }
    try request.end()
    guard ids.count == captions.count, finished.count == captions.count else {
      throw RequestError(
        "there are \(ids.count) ids, \(captions.count) captions and \(finished.count) values of \"finished\"; give as many of each."
      )
    }
    var failures: [Int: String] = [:]
    var rows: [Int] = []
    var rewarded: [(id: String, text: String, isFinished: Bool)] = []
    for index in ids.indices {
      if let id = ids[index], let caption = captions[index], session.contains(id) {
        rows.append(index)
        rewarded.append((id, caption, finished[index]))
      } else if let id = ids[index], captions[index] != nil {
        failures[index] = sentence(for: CaptioningError.unknownItem(id))
      } else {
        failures[index] = ids[index] == nil ? "the id is missing." : "the caption is missing."
      }
    }
    let shape = [1 + session.expression.terms.count, captions.count]
    try request.bounds.requireRoom(shape, bytes: 8)
    var values = [Double](repeating: .nan, count: shape[0] * shape[1])
    if !rows.isEmpty {
      let scores = try session.scores(rewarded)
      for (part, own) in ([scores.total] + scores.parts.map(\.values)).enumerated() {
        for (row, value) in zip(rows, own) { values[part * captions.count + row] = value }
      }
    }
    var answer = Answer()
    answer.add(values, shape: shape)
    answer.add(failures: failures)
    return answer
  }

  func close(_ request: Request) throws -> Answer {
    let (number, _, _) = try session(request)
    try request.end()
    sessions[number] = nil
    return Answer()
  }
}
