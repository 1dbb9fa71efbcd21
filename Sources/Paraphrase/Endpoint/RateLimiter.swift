import Foundation

/// Lets requests of several threads go one by one: not faster than a rate, and not before the server wants them.
final class RateLimiter: @unchecked Sendable {
  // Unchecked: what changes is only touched under `condition`.

  private let condition = NSCondition()
  private let interval: Double
  private var next = Date.distantPast
  private var isStopped = false

  /// Creates a pace; `rate` is requests a minute, nil for no limit.
  init(rate: Double?) { interval = rate.map { 60 / $0 } ?? 0 }

  /// Waits for a turn; false when the run has been stopped.
  func wait() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped {
      let now = Date()
      if now >= next {
        // A turn that nobody took is not made up for.
        next = now.addingTimeInterval(interval)
        return true
      }
      _ = condition.wait(until: next)
    }
    return false
  }

  /// Lets nobody go for some seconds.
  func rest(_ seconds: Double) {
    condition.lock()
    next = max(next, Date().addingTimeInterval(seconds))
    condition.unlock()
  }

  /// Waits some seconds on behalf of one thread; false when the run has been stopped.
  func sleep(_ seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let end = Date().addingTimeInterval(seconds)
    while !isStopped, Date() < end { _ = condition.wait(until: end) }
    return !isStopped
  }

  /// Sends everybody who waits home.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }
}
