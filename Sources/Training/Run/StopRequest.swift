public import Foundation
import Synchronization

/// Whether the user asked the run to stop (Control-C, or the system's SIGTERM): it then saves its state first.
public final class StopRequest: Sendable {
  private let isAsked = Atomic<Bool>(false)
  // Kept so that they go on listening; nobody reads them.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  /// Listens for signals from now on; a second Control-C ends the process at once.
  public init(signals: [Int32] = [SIGINT, SIGTERM]) {
    var sources: [any DispatchSourceSignal] = []
    for number in signals {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      sources.append(source)
    }
    self.sources = sources
    for (number, source) in zip(signals, sources) {
      source.setEventHandler { [self] in
        isAsked.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
      source.resume()
    }
  }

  /// Whether to stop.
  public var isMade: Bool { isAsked.load(ordering: .relaxed) }
}
