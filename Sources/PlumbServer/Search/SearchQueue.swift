import CLIP
import Foundation
import HTTPTypes
import Retrieval
import Synchronization

/// Runs searches on a thread of its own, in batches: the texts of all that wait are embedded together, and all are compared in one pass
/// over the index.
final class SearchQueue: Sendable {
  private struct Pending: Sendable {
    let task: SearchTask
    let start: ContinuousClock.Instant
    let continuation: CheckedContinuation<SearchOutcome, any Error>
  }

  private let embedder: CLIPEmbedder
  private let current: @Sendable () -> ImageSearch
  private let pending = Mutex<[Pending]>([])
  private let signal = DispatchSemaphore(value: 0)
  /// Embeddings of texts that were asked for lately.
  private let known = Mutex(RecentValues<String, [Float]>(limit: 4096))

  /// The most searches that wait, and that run together.
  private static let waiting = 512
  private static let atOnce = 32

  /// - Parameter current: what is searched, asked for at each batch.
  init(_ embedder: CLIPEmbedder, _ current: @escaping @Sendable () -> ImageSearch) {
    self.embedder = embedder
    self.current = current
    let thread = Thread { [weak self, signal] in
      while true {
        signal.wait()
        guard let self else { return }
        self.runBatch()
      }
    }
    thread.name = "plumb search"
    thread.start()
  }

  deinit { signal.signal() }

  /// Runs a search. Throws ``APIError``, and as `ImageSearch` does.
  func outcome(of task: SearchTask) async throws -> SearchOutcome {
    try await withCheckedThrowingContinuation { continuation in
      let isTaken = pending.withLock { pending in
        guard pending.count < Self.waiting else { return false }
        pending.append(Pending(task: task, start: .now, continuation: continuation))
        return true
      }
      if isTaken {
        signal.signal()
      } else {
        continuation.resume(
          throwing: APIError(.tooManyRequests, "too many searches are waiting; try again in a moment."))
      }
    }
  }

  private func runBatch() {
    let batch = pending.withLock { pending in
      let some = Array(pending.prefix(Self.atOnce))
      pending.removeFirst(some.count)
      return some
    }
    guard !batch.isEmpty else { return }
    let search = current()
    do {
      let texts = try embeddings(of: Set(batch.flatMap(\.task.texts)))
      var groups: [(filter: SearchFilter, members: [(Pending, RefinedQuery)])] = []
      for one in batch {
        do {
          let query = try Self.query(of: one.task, search, texts)
          if let group = groups.firstIndex(where: { $0.filter == one.task.filter }) {
            groups[group].members.append((one, query))
          } else {
            groups.append((one.task.filter, [(one, query)]))
          }
        } catch {
          one.continuation.resume(throwing: error)
        }
      }
      for group in groups { run(group.members, group.filter, search) }
    } catch {
      for one in batch { one.continuation.resume(throwing: error) }
    }
  }

  private func run(_ members: [(Pending, RefinedQuery)], _ filter: SearchFilter, _ search: ImageSearch) {
    do {
      let most = members.map(\.0.task.most).max() ?? 0
      let found = try search.hits(nearestTo: members.map(\.1), most: most, filter: filter)
      for ((one, _), hits) in zip(members, found) {
        one.continuation.resume(
          returning: SearchOutcome(
            hits: Array(hits.prefix(one.task.most)), images: search.count,
            seconds: one.start.duration(to: .now) / .seconds(1)))
      }
    } catch {
      // One of them is wrong, and the others are not to suffer for it: nobody was answered yet.
      guard members.count > 1 else { return members[0].0.continuation.resume(throwing: error) }
      for member in members { run([member], filter, search) }
    }
  }

  /// What a task is looking for.
  private static func query(
    of task: SearchTask, _ search: ImageSearch, _ texts: [String: [Float]]
  ) throws -> RefinedQuery {
    let terms = try task.terms.map { content, weight in
      let embedding: [Float]? =
        switch content {
        case .text(let text): texts[text]
        case .image(let image): search.embedding(of: image)
        case .embedding(let embedding): embedding
        }
      guard let embedding else { throw APIError.notFound("an image of the query is not in the index.") }
      return (embedding: embedding, weight: weight)
    }
    return try search.refine(
      SearchQuery.sum(of: terms), good: task.good, bad: task.bad, by: task.method)
  }

  private func embeddings(of texts: Set<String>) throws -> [String: [Float]] {
    var found: [String: [Float]] = [:]
    let missing = known.withLock { known in
      texts.sorted().filter { text in
        found[text] = known[text]
        return found[text] == nil
      }
    }
    guard !missing.isEmpty else { return found }
    let embedded = try embedder.embedTexts(missing).embeddings
    known.withLock { known in
      for (row, text) in missing.enumerated() {
        found[text] = Array(embedded[row])
        known[text] = found[text]
      }
    }
    return found
  }
}
