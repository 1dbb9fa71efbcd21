import Dispatch
import Foundation
import Synchronization

/// Work in numbered parts, shared out to threads; what a part gives does not depend on the thread that does it.
package enum Parallel {
  /// The results of all parts, in their order.
  ///
  /// - Parameter threads: the number of threads; nil for one for each CPU core.
  package static func map<Result: Sendable>(
    _ count: Int, threads: Int?, _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    let next = Atomic(0)
    let results = Mutex([Result?](repeating: nil, count: count))
    let workers = min(count, max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount))
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let part = next.add(1, ordering: .relaxed).oldValue
        guard part < count else { return }
        let result = body(part)
        results.withLock { $0[part] = result }
      }
    }
    return results.withLock { $0.compactMap { $0 } }
  }

  /// Calls `body` with contiguous ranges of up to `size` that make up `0..<count`.
  package static func ranges(
    _ count: Int, of size: Int, threads: Int?, _ body: @Sendable (Range<Int>) -> Void
  ) {
    _ = map((count + size - 1) / size, threads: threads) { part in
      body((part * size)..<min(count, (part + 1) * size))
    }
  }
}
