import CCurl
import Foundation

/// The status line and the headers of an answer.
struct HTTPHead: Sendable, Equatable {
  /// The status, 200 for a whole body, 206 for a part of one.
  var status = 0
  /// The headers, their names in lower case.
  var headers: [String: String] = [:]

  /// The first byte that a partial answer holds, of `Content-Range: bytes 100-199/200`.
  var firstByte: Int? {
    guard let range = headers["content-range"], range.hasPrefix("bytes ") else { return nil }
    return range.dropFirst(6).split(separator: "-").first.flatMap { Int($0) }
  }
}

/// One HTTP GET, which follows redirections and keeps what is secret from other hosts.
struct HTTPRequest {
  /// What ended a request before its answer was complete.
  enum Failure: Error {
    /// Nothing that a second try could change.
    case final(HubError)
    /// The connection broke.
    case broken(reason: String)
  }

  /// What to fetch.
  var url: URL
  /// The bearer token, sent to the host of `url` only.
  var token: String?
  /// The first byte that is wanted.
  var firstByte = 0
  /// Seconds of silence after which a connection counts as broken.
  var patience = 60

  private static let redirectionLimit = 8

  /// Fetches the address; `body` gets the pieces of the answer that ends the redirections, with its head.
  ///
  /// - Throws: ``Failure``, or what `body` throws.
  func perform(body: (HTTPHead, UnsafeRawBufferPointer) throws -> Void) throws -> HTTPHead {
    var at = url
    for _ in 0...Self.redirectionLimit {
      let address = at
      let head = try withoutActuallyEscaping(body) { try fetch(address, into: Receiver(body: $0)) }
      guard (301...308).contains(head.status), head.status != 304, let location = head.headers["location"]
      else { return head }
      guard let next = URL(string: location, relativeTo: at)?.absoluteURL, Self.isWeb(next) else {
        throw Failure.final(.unreachable(url: at.absoluteString, reason: "it redirects to \"\(location)\""))
      }
      guard at.scheme != "https" || next.scheme == "https" else {
        throw Failure.final(
          .unreachable(url: at.absoluteString, reason: "it redirects to \(location), which is not encrypted"))
      }
      at = next
    }
    throw Failure.final(
      .unreachable(url: url.absoluteString, reason: "it redirects more than \(Self.redirectionLimit) times"))
  }

  private func fetch(_ at: URL, into receiver: Receiver) throws -> HTTPHead {
    var lines = ["Accept-Encoding: identity"]
    if firstByte > 0 { lines.append("Range: bytes=\(firstByte)-") }
    if let token, Self.origin(at) == Self.origin(url) { lines.append("Authorization: Bearer \(token)") }

    let message = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    message.initialize(repeating: 0, count: 256)
    defer { message.deallocate() }
    let result = withCStrings(lines) { pointers in
      withExtendedLifetime(receiver) {
        curl_get(
          at.absoluteString, pointers.baseAddress, pointers.count, patience,
          curl_get_receiver(
            context: Unmanaged.passUnretained(receiver).toOpaque(),
            header: { context, bytes, count in
              guard let context, let bytes else { return 1 }
              Receiver.at(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: count))
              return 1
            },
            body: { context, bytes, count in
              guard let context, let bytes else { return 0 }
              return Receiver.at(context).takeBody(UnsafeRawBufferPointer(start: bytes, count: count))
                ? 1 : 0
            }),
          message)
      }
    }
    if let error = receiver.error { throw error }
    let reason = String(cString: message)
    switch result {
    case CURL_GET_DONE: return receiver.head
    case CURL_GET_NO_LIBRARY: throw Failure.final(.noTransport)
    case CURL_GET_REFUSED: throw Failure.final(.unreachable(url: at.absoluteString, reason: reason))
    default: throw Failure.broken(reason: reason)
    }
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

/// Takes an answer apart while it comes in.
private final class Receiver {
  var head = HTTPHead()
  var error: (any Error)?
  private let body: (HTTPHead, UnsafeRawBufferPointer) throws -> Void

  init(body: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void) {
    self.body = body
  }

  static func at(_ context: UnsafeMutableRawPointer) -> Receiver {
    Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
  }

  func takeHeader(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if line.hasPrefix("HTTP/") {
      // An interim answer such as 100 has a head of its own.
      head = HTTPHead(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      head.headers[line[..<colon].lowercased()] = value
    }
  }

  func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // What a redirection or a refusal says in its body is for browsers.
    guard (200..<300).contains(head.status) else { return true }
    do {
      try body(head, bytes)
      return true
    } catch {
      self.error = error
      return false
    }
  }
}

/// Calls `body` with the strings as C strings.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> R)
  -> R
{
  let copies = strings.map { strdup($0) }
  defer { copies.forEach { free($0) } }
  return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer(body)
}
