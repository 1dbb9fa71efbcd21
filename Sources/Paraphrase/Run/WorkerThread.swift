import Foundation

/// A thread that can be waited for.
final class WorkerThread: Sendable {
  private let done = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () -> Void) {
    let done = done
    Thread.detachNewThread {
      body()
      done.signal()
    }
  }

  /// Waits for its end; once.
  func join() { done.wait() }
}

/// Renews the claims of a cache while a run goes on.
final class Renewal: @unchecked Sendable {
  // Unchecked: `isStopped` is only touched under `condition`.

  private let condition = NSCondition()
  private var isStopped = false
  private var thread: WorkerThread?

  init(_ cache: ResponseCache) {
    thread = WorkerThread { [self] in
      condition.lock()
      while !isStopped {
        if condition.wait(until: Date().addingTimeInterval(cache.lease / 4)) { continue }
        condition.unlock()
        // A lease that is not renewed costs a question asked twice, and no answer.
        try? cache.renew()
        condition.lock()
      }
      condition.unlock()
    }
  }

  /// Ends the renewing.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
    thread?.join()
  }
}
