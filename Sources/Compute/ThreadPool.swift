import CKernels

/// A fixed pool of threads that run one step after another together.
///
/// A pool is used by one thread at a time: the one that made it, or that it was handed to.
package final class ThreadPool: @unchecked Sendable {
  // Unchecked: the C pool behind it is only touched in `run`, which one thread calls at a time.

  /// The number of threads, the calling one included.
  package let count: Int
  private let pool: OpaquePointer?

  /// Starts `count` − 1 threads; with fewer to be had, the pool is of one.
  package init(count: Int) {
    pool = count > 1 ? plumb_thread_pool_create(Int32(clamping: count)) : nil
    self.count = pool == nil ? 1 : count
  }

  deinit { plumb_thread_pool_destroy(pool) }

  /// Calls `body` once for each member, numbered from 0, and returns when all are done.
  package func run(_ body: (_ member: Int) -> Void) {
    guard let pool else { return body(0) }
    withoutActuallyEscaping(body) { escaping in
      var step = escaping
      withUnsafeMutablePointer(to: &step) { pointer in
        plumb_thread_pool_run(
          pool,
          { context, member in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(member))
          }, pointer)
      }
    }
  }

  /// Divides `0..<count` into one contiguous range a member, as even as can be, and calls `body` with each.
  package func split(_ count: Int, _ body: (Range<Int>) -> Void) {
    run { member in
      let range = share(of: count, member: member)
      if !range.isEmpty { body(range) }
    }
  }

  /// The part of `0..<count` that falls to a member.
  package func share(of count: Int, member: Int) -> Range<Int> {
    (count * member / self.count)..<(count * (member + 1) / self.count)
  }
}
