import CCurl
import Foundation

/// The answer to a request.
package struct HTTPReply: Sendable {
  /// The status; 0 where none came.
  package var status = 0
  /// The headers, their names in lower case.
  package var headers: [String: String] = [:]
  /// The body.
  package var body: [UInt8] = []

  /// Creates an answer.
  package init(status: Int = 0, headers: [String: String] = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// One HTTP POST of a JSON text. Redirections are not followed: the key belongs to the address that was named.
struct HTTPPost: Sendable {
  /// What ended a request before its answer was complete.
  enum Failure: Error {
    case noTransport
    /// Nothing that a second try could change.
    case refused(reason: String)
    /// The connection broke, perhaps within an answer.
    case broken(reason: String, reply: HTTPReply)
  }

  /// Where to.
  let url: URL
  /// The bearer token.
  let key: String?
  /// Seconds until a request counts as broken.
  let timeout: Int

  /// The most bytes of an answer.
  static let limit = 16 << 20

  /// Sends a text and takes the whole answer.
  ///
  /// - Throws: ``Failure``.
  func send(_ body: String) throws(Failure) -> HTTPReply {
    var lines = ["Content-Type: application/json", "Accept: application/json", "Expect:"]
    if let key { lines.append("Authorization: Bearer \(key)") }
    let receiver = Receiver()
    let patience = curl_patience(connect: min(30, timeout), silence: timeout, total: timeout)
    let message = UnsafeMutablePointer<CChar>.allocate(capacity: 256)
    message.initialize(repeating: 0, count: 256)
    defer { message.deallocate() }
    let copies = lines.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    var body = body
    let result = copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { headers in
      body.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { bytes in
          guard let start = bytes.baseAddress else { return CURL_GET_REFUSED }
          return withExtendedLifetime(receiver) {
            curl_post(
              url.absoluteString, headers.baseAddress, headers.count, start, bytes.count, patience,
              curl_get_receiver(
                context: Unmanaged.passUnretained(receiver).toOpaque(),
                header: { context, bytes, count in
                  guard let context, let bytes else { return 1 }
                  Receiver.at(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: count))
                  return 1
                },
                body: { context, bytes, count in
                  guard let context, let bytes else { return 0 }
                  let receiver = Receiver.at(context)
                  receiver.reply.body += UnsafeRawBufferPointer(start: bytes, count: count)
                  return receiver.reply.body.count <= HTTPPost.limit ? 1 : 0
                }), message)
          }
        }
      }
    }
    switch result {
    case CURL_GET_DONE: return receiver.reply
    case CURL_GET_NO_LIBRARY: throw .noTransport
    case CURL_GET_REFUSED: throw .refused(reason: String(cString: message))
    case CURL_GET_STOPPED:
      throw .broken(reason: "the answer has more than \(Self.limit >> 20) MiB", reply: receiver.reply)
    default: throw .broken(reason: String(cString: message), reply: receiver.reply)
    }
  }
}

/// Takes an answer apart while it comes in.
private final class Receiver {
  var reply = HTTPReply()

  static func at(_ context: UnsafeMutableRawPointer) -> Receiver {
    Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
  }

  func takeHeader(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if line.hasPrefix("HTTP/") {
      // An interim answer such as 100 has a head of its own.
      reply = HTTPReply(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      reply.headers[line[..<colon].lowercased()] = value
    }
  }
}
