import CLIP
import Foundation
import JSON
import Retrieval
import Synchronization

/// Brings an index up to date while it is searched, one update at a time.
final class IndexUpdates: Sendable {
  private struct State {
    var name = "idle"
    var done = 0
    var of = 0
    var message: String?
    var skipped: [IndexReport.Skipped] = []
  }

  private let index: ImageIndex
  private let openModel: @Sendable () throws -> CLIPEmbedder
  private let reload: @Sendable () throws -> Void
  private let state = Mutex(State())

  /// The most skipped files that are told.
  private static let mostSkipped = 1000

  /// - Parameters:
  ///   - openModel: opens the index's model.
  ///   - reload: called after an update.
  init(
    _ index: ImageIndex, openModel: @escaping @Sendable () throws -> CLIPEmbedder,
    reload: @escaping @Sendable () throws -> Void
  ) {
    self.index = index
    self.openModel = openModel
    self.reload = reload
  }

  /// Starts an update of the folders that the index has. Throws ``APIError`` where one is running.
  func start() throws(APIError) {
    let isTaken = state.withLock { state in
      guard state.name != "running" else { return false }
      state = State()
      state.name = "running"
      return true
    }
    guard isTaken else { throw .conflict("the index is being updated already.") }
    let thread = Thread { [self] in run() }
    thread.name = "plumb index"
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func run() {
    do {
      let report = try index.update(
        adding: [], with: openModel(),
        waits: { [self] in
          state.withLock { $0.message = "waiting for another process that writes to the index" }
        },
        progress: { [self] done, all in
          state.withLock {
            $0.message = nil
            ($0.done, $0.of) = (done, all)
          }
        })
      try reload()
      state.withLock { state in
        state.name = "idle"
        state.message =
          "\(report.embedded) new, \(report.reused) known by their content, \(report.unchanged) unchanged, \(report.deleted) gone"
        state.skipped = report.skipped
      }
    } catch {
      state.withLock {
        $0.name = "failed"
        $0.message = APIError(error).message
      }
    }
  }

  /// As clients see it.
  var json: JSONValue {
    let state = state.withLock { $0 }
    return [
      "state": .string(state.name), "done": .integer(state.done), "of": .integer(state.of),
      "message": state.message.map { .string($0) } ?? .null,
      "skipped": .array(
        state.skipped.prefix(Self.mostSkipped).map {
          ["path": .string($0.path), "reason": .string($0.reason)]
        }),
      "skipped_count": .integer(state.skipped.count),
    ]
  }
}
