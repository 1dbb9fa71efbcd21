/// The threads that run one forward pass together, with a lane for each.
package final class Context: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  /// The threads; a pool of one thread when whole items are spread over threads instead.
  package let pool: ThreadPool
  /// A lane for each member.
  let lanes: [Lane]

  /// A context for a pool, which nobody else may use meanwhile.
  package init(pool: ThreadPool) throws {
    self.pool = pool
    lanes = try (0..<pool.count).map { _ in try Lane() }
  }

  /// A context for `threads` threads of its own.
  package convenience init(threads: Int) throws {
    try self.init(pool: ThreadPool(count: threads))
  }
}
