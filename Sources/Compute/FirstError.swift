import Synchronization

/// The first error of several threads.
public final class FirstError: Sendable {
  private let error = Mutex<(any Error)?>(nil)

  /// No error yet.
  public init() {}

  /// Keeps `found` unless there is one already.
  public func note(_ found: any Error) {
    error.withLock { if $0 == nil { $0 = found } }
  }

  /// Whether there is an error.
  public var isSet: Bool { error.withLock { $0 != nil } }

  /// Throws the error, if there is one.
  public func check() throws {
    if let found = error.withLock({ $0 }) { throw found }
  }
}
