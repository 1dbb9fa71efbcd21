import Compute

/// Threads that run passes together, or one thread alone, with the compiled products and the memory that they keep from
/// pass to pass.
final class Worker<Space> {
  let context: Context
  private var space: Space?
  private var size = 0

  init(pool: ThreadPool) throws { context = try Context(pool: pool) }

  /// The memory for a pass of `size` items or rows; made anew only when it must grow.
  func space(for size: Int, make: (Int) throws -> Space) rethrows -> Space {
    if let space, size <= self.size { return space }
    space = nil
    let made = try make(size)
    space = made
    self.size = size
    return made
  }
}

/// A worker for each thread, and one of all threads together for what is too little to share out.
struct Workers<Space> {
  /// All threads.
  let pool: ThreadPool
  /// One a thread, to be used by the pool's member of that number.
  let alone: [Worker<Space>]
  /// Everybody.
  let together: Worker<Space>

  init(threads: Int) throws {
    let pool = ThreadPool(count: threads)
    self.pool = pool
    alone = try (0..<pool.count).map { _ in try Worker(pool: ThreadPool(count: 1)) }
    together = try Worker(pool: pool)
  }
}
