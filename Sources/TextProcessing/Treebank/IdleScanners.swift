import Synchronization

/// Scanners that wait for work. A scanner learns its automaton's states while it works, so that one that has worked is
/// many times faster than a new one.
package enum IdleScanners {
  /// A scanner beyond so many states is not kept: what odd texts taught it would stay in memory.
  private static let stateLimit = 20_000

  // Unchecked: a scanner is either in the list or with the one caller that took it out.
  private struct Idle: @unchecked Sendable { let scanner: CaptionScanner }

  private static let idle = Mutex<[Idle]>([])

  /// Calls `body` with a scanner that nobody else has meanwhile.
  package static func withScanner<Result>(_ body: (CaptionScanner) throws -> Result) rethrows -> Result {
    let taken = idle.withLock { $0.popLast() } ?? Idle(scanner: CaptionScanner())
    defer {
      if taken.scanner.stateCount <= stateLimit { idle.withLock { $0.append(taken) } }
    }
    return try body(taken.scanner)
  }
}
