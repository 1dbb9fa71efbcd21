import CCurl
package import Foundation

/// One HTTP POST of a JSON text. Redirections are not followed: the key belongs to the address that was named.
package struct HTTPPost: Sendable {
  /// Where to.
  let url: URL
  /// The bearer token.
  let key: String?
  /// Seconds until a request counts as broken.
  let timeout: Int

  /// The most bytes of an answer.
  static let limit = 16 << 20

  private struct TooLong: Error {}

  /// Describes a request.
  package init(url: URL, key: String?, timeout: Int) {
    self.url = url
    self.key = key
    self.timeout = timeout
  }

  /// Sends a text and takes the whole answer.
  ///
  /// - Throws: ``HTTPFailure``.
  package func send(_ text: String) throws(HTTPFailure) -> HTTPReply {
    var lines = ["Content-Type: application/json", "Accept: application/json", "Expect:"]
    if let key { lines.append("Authorization: Bearer \(key)") }
    var reply = HTTPReply()
    let transfer = HTTPTransfer { _, bytes in
      reply.body += bytes
      if reply.body.count > Self.limit { throw TooLong() }
    }
    let patience = curl_patience(connect: min(30, timeout), silence: timeout, total: timeout)
    do {
      try transfer.post(url, headers: lines, text: text, patience: patience)
      reply.head = transfer.head
      return reply
    } catch {
      reply.head = transfer.head
      switch error {
      case HTTPFailure.broken(let reason, _): throw .broken(reason: reason, reply: reply)
      case is TooLong:
        throw .broken(reason: "the answer has more than \(Self.limit >> 20) MiB", reply: reply)
      case let failure as HTTPFailure: throw failure
      default: throw .refused(url: url.absoluteString, reason: String(describing: error))
      }
    }
  }
}
