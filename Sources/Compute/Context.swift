/// The threads that run one forward pass together, with a lane for each.
public final class Context: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  /// The threads; a pool of one thread when whole items are spread over threads instead.
  public let pool: ThreadPool
  /// A lane for each member.
  let lanes: [Lane]

  /// A context for a pool, which nobody else may use meanwhile.
  public init(pool: ThreadPool) throws {
    self.pool = pool
    lanes = try (0..<pool.count).map { _ in try Lane() }
  }

  /// A context for `threads` threads of its own.
  public convenience init(threads: Int) throws {
    try self.init(pool: ThreadPool(count: threads))
  }
}
