package import Foundation

/// One HTTP GET, which follows redirections and keeps what is secret from other hosts.
package struct HTTPGet {
  /// What to fetch.
  var url: URL
  /// The bearer token, sent to the host of `url` only.
  var token: String?
  /// The first byte that is wanted.
  var firstByte: Int
  /// Seconds of silence after which a connection counts as broken.
  var patience: Int

  private static let redirectionLimit = 8

  /// Describes a request.
  package init(url: URL, token: String? = nil, firstByte: Int = 0, patience: Int = 60) {
    self.url = url
    self.token = token
    self.firstByte = firstByte
    self.patience = patience
  }

  /// Fetches the address; `body` gets the pieces of the answer that ends the redirections, with its head.
  ///
  /// - Throws: ``HTTPFailure``, or what `body` throws.
  package func perform(body: (HTTPHead, UnsafeRawBufferPointer) throws -> Void) throws -> HTTPHead {
    var at = url
    for _ in 0...Self.redirectionLimit {
      let head = try withoutActuallyEscaping(body) { body in
        let transfer = HTTPTransfer { head, bytes in
          // What a redirection or a refusal says in its body is for browsers.
          if (200..<300).contains(head.status) { try body(head, bytes) }
        }
        try transfer.get(at, headers: headers(for: at), patience: patience)
        return transfer.head
      }
      guard (301...308).contains(head.status), head.status != 304, let location = head.headers["location"]
      else { return head }
      guard let next = URL(string: location, relativeTo: at)?.absoluteURL, Self.isWeb(next) else {
        throw HTTPFailure.refused(url: at.absoluteString, reason: "it redirects to \"\(location)\"")
      }
      guard at.scheme != "https" || next.scheme == "https" else {
        throw HTTPFailure.refused(
          url: at.absoluteString, reason: "it redirects to \(location), which is not encrypted")
      }
      at = next
    }
    throw HTTPFailure.refused(
      url: url.absoluteString, reason: "it redirects more than \(Self.redirectionLimit) times")
  }

  private func headers(for address: URL) -> [String] {
    var lines = ["Accept-Encoding: identity"]
    if firstByte > 0 { lines.append("Range: bytes=\(firstByte)-") }
    if let token, Self.origin(address) == Self.origin(url) { lines.append("Authorization: Bearer \(token)") }
    return lines
  }

  private static func isWeb(_ url: URL) -> Bool {
    (url.scheme == "http" || url.scheme == "https") && url.host?.isEmpty == false
  }

  /// Scheme, host and port: what must be the same for a token to be sent along.
  private static func origin(_ url: URL) -> String {
    let port = url.port ?? (url.scheme == "https" ? 443 : 80)
    return "\(url.scheme ?? "")://\((url.host ?? "").lowercased()):\(port)"
  }
}
