import CCurl
import Foundation

/// One exchange with a server through libcurl, without following redirections.
final class HTTPTransfer {
  /// The head of the answer, as far as it came.
  private(set) var head = HTTPHead()
  private var error: (any Error)?
  private var headerBytes = 0
  private let body: (HTTPHead, UnsafeRawBufferPointer) throws -> Void

  /// The most bytes of headers, those behind a chunked body included: libcurl bounds only the ones before it.
  private static let headerLimit = 1 << 20

  /// - Parameter body: gets the pieces of the answer's body; what it throws ends the exchange.
  init(body: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void) { self.body = body }

  /// Fetches an address; a server that is silent for `patience` seconds counts as a broken connection.
  ///
  /// - Throws: ``HTTPFailure``, or what the receiver of the body throws.
  func get(_ url: URL, headers: [String], patience: Int) throws {
    try exchange(url, headers) { lines, receiver, message in
      curl_get(url.absoluteString, lines.baseAddress, lines.count, patience, receiver, message)
    }
  }

  /// Sends a text.
  ///
  /// - Throws: ``HTTPFailure``, or what the receiver of the body throws.
  func post(_ url: URL, headers: [String], text: String, patience: curl_patience) throws {
    var text = text
    try exchange(url, headers) { lines, receiver, message in
      text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { bytes in
          guard let start = bytes.baseAddress else { return CURL_GET_REFUSED }
          return curl_post(
            url.absoluteString, lines.baseAddress, lines.count, start, bytes.count, patience, receiver,
            message)
        }
      }
    }
  }

  private func exchange(
    _ url: URL, _ headers: [String],
    _ send: (
      UnsafeBufferPointer<UnsafePointer<CChar>?>, curl_get_receiver, UnsafeMutablePointer<CChar>
    ) -> curl_get_result
  ) throws {
    let message = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    message.initialize(repeating: 0, count: 256)
    defer { message.deallocate() }
    let lines = headers.map { strdup($0) }
    defer { lines.forEach { free($0) } }
    let result = lines.map { UnsafePointer($0) }.withUnsafeBufferPointer { lines in
      withExtendedLifetime(self) { send(lines, receiver, message) }
    }
    if let error { throw error }
    let reason = String(cString: message)
    switch result {
    case CURL_GET_DONE: return
    case CURL_GET_NO_LIBRARY: throw HTTPFailure.noTransport
    case CURL_GET_REFUSED: throw HTTPFailure.refused(url: url.absoluteString, reason: reason)
    default: throw HTTPFailure.broken(reason: reason, reply: HTTPReply())
    }
  }

  /// What libcurl calls: functions without context of their own, which find this object again.
  private var receiver: curl_get_receiver {
    curl_get_receiver(
      context: Unmanaged.passUnretained(self).toOpaque(),
      header: { context, bytes, count in
        guard let context, let bytes else { return 1 }
        return HTTPTransfer.at(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: count)) ? 1 : 0
      },
      body: { context, bytes, count in
        guard let context, let bytes else { return 0 }
        let transfer = HTTPTransfer.at(context)
        do {
          try transfer.body(transfer.head, UnsafeRawBufferPointer(start: bytes, count: count))
          return 1
        } catch {
          transfer.error = error
          return 0
        }
      })
  }

  /// Takes a line of the head; false where there are too many.
  private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    guard headerBytes <= Self.headerLimit else {
      error = HTTPFailure.broken(
        reason: "the answer has more than \(Self.headerLimit >> 20) MiB of headers", reply: HTTPReply())
      return false
    }
    head.take(line)
    return true
  }

  private static func at(_ context: UnsafeMutableRawPointer) -> HTTPTransfer {
    Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
  }
}
