import Synchronization

/// The first error of several threads.
package final class FirstError: Sendable {
  private let error = Mutex<(any Error)?>(nil)

  /// No error yet.
  package init() {}

  /// Keeps `found` unless there is one already.
  package func note(_ found: any Error) {
    error.withLock { if $0 == nil { $0 = found } }
  }

  /// Whether there is an error.
  package var isSet: Bool { error.withLock { $0 != nil } }

  /// Throws the error, if there is one.
  package func check() throws {
    if let found = error.withLock({ $0 }) { throw found }
  }
}
