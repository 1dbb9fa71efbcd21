import Foundation
import HTTPClient

/// How often and how long a failing server is asked again.
public struct HubRetry: Sendable {
  /// Attempts in a row that bring nothing, before giving up.
  public var attempts: Int
  /// Seconds before the second attempt; doubled each time.
  public var delay: Double
  /// The most seconds between two attempts, also where the server asks for more.
  public var longestDelay: Double

  /// Creates a policy: five attempts, after 1, 2, 4 and 8 seconds.
  public init(attempts: Int = 5, delay: Double = 1, longestDelay: Double = 60) {
    self.attempts = attempts
    self.delay = delay
    self.longestDelay = longestDelay
  }

  /// Waits after the `failures`th failure in a row, as long as the server asked for if it did.
  func wait(after failures: Int, asked: String?) {
    let own = delay * Double(1 << min(max(failures - 1, 0), 20))
    let seconds = min(asked.flatMap { Double($0) } ?? own, longestDelay)
    if seconds > 0 { Thread.sleep(forTimeInterval: seconds) }
  }
}

/// Asks a hub, again where that may help, for what belongs to one model.
struct HubConnection {
  /// The model, for messages.
  let model: HubReference
  /// The bearer token, if there is one.
  let token: String?
  /// When to ask again.
  let retry: HubRetry

  /// Fetches an answer that is small enough for memory.
  func data(at url: URL) throws -> Data {
    var data = Data()
    try get(url, from: { 0 }, isComplete: { true }) { _, isFirst, bytes in
      if isFirst { data = Data() }
      data.append(contentsOf: bytes)
      guard data.count <= 64 << 20 else {
        throw HubError.badAnswer(
          url: url.absoluteString, expected: "a short answer", found: "more than 64 MiB")
      }
    }
    return data
  }

  /// Fetches an address until its answer is complete.
  ///
  /// - Parameters:
  ///   - position: the first byte that is wanted; asked before each attempt. An attempt that moves it forward
  ///     does not count as a failure.
  ///   - isComplete: whether an answer that ended well brought all there is.
  ///   - receive: gets the head, whether this is the first piece of an answer, and the piece.
  func get(
    _ url: URL, from position: () -> Int, isComplete: () -> Bool,
    receive: (HTTPHead, Bool, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var failures = 0
    while true {
      let start = position()
      var head = HTTPHead()
      var reason = "the answer ended early"
      do {
        var isFirst = true
        head = try HTTPGet(url: url, token: token, firstByte: start).perform { head, bytes in
          try receive(head, isFirst, bytes)
          isFirst = false
        }
        if (200..<300).contains(head.status), isComplete() { return }
        try refuse(head.status, at: url)
      } catch HTTPFailure.noTransport {
        throw HubError.noTransport
      } catch HTTPFailure.refused(let url, let why) {
        throw HubError.unreachable(url: url, reason: why)
      } catch HTTPFailure.broken(let why, _) {
        reason = why
      }
      failures = position() > start ? 1 : failures + 1
      guard failures < retry.attempts else {
        throw head.status >= 400
          ? HubError.serverFailed(url: url.absoluteString, status: head.status, attempts: failures)
          : HubError.unreachable(url: url.absoluteString, reason: reason)
      }
      retry.wait(after: failures, asked: head.headers["retry-after"])
    }
  }

  /// Throws what a status says that a second try would not change.
  private func refuse(_ status: Int, at url: URL) throws {
    switch status {
    case 401, 403: throw HubError.refused(name: model.path, status: status, hasToken: token != nil)
    case 404: throw HubError.notFound(name: model.path, revision: model.revision)
    case 408, 416, 429: return
    case 400..<500: throw HubError.serverFailed(url: url.absoluteString, status: status, attempts: 1)
    default: return
    }
  }
}
