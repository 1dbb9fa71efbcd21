import Foundation
import HTTPTypes

/// Runs work that would hold up other requests, such as decoding an image, on threads of its own, a few at a time.
struct WorkQueue: Sendable {
  private let queue: OperationQueue
  private let waiting: Int

  /// - Parameters:
  ///   - atOnce: how much runs at a time.
  ///   - waiting: how much may wait; what comes then is refused.
  init(atOnce: Int, waiting: Int) {
    queue = OperationQueue()
    queue.maxConcurrentOperationCount = atOnce
    self.waiting = waiting
  }

  /// Runs some work. Throws ``APIError`` where too much is waiting, and what the work throws.
  func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    guard queue.operationCount < waiting else {
      throw APIError(.tooManyRequests, "too many requests are waiting; try again in a moment.")
    }
    return try await withCheckedThrowingContinuation { continuation in
      queue.addOperation { continuation.resume(with: Result(catching: work)) }
    }
  }
}
