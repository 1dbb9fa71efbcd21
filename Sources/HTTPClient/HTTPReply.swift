import CCurl
import Foundation

/// The library that requests go through.
package enum HTTPLibrary {
  /// Whether there is a libcurl on this machine; it is loaded to see.
  package static var isAvailable: Bool { curl_is_available() != 0 }
}

/// The status line and the headers of an answer.
package struct HTTPHead: Sendable, Equatable {
  /// The status, 200 for a whole body, 206 for a part of one; 0 where none came.
  package var status = 0
  /// The headers, their names in lower case.
  package var headers: [String: String] = [:]

  /// Creates a head.
  package init(status: Int = 0, headers: [String: String] = [:]) {
    self.status = status
    self.headers = headers
  }

  /// The first byte that a partial answer holds, of `Content-Range: bytes 100-199/200`.
  package var firstByte: Int? {
    guard let range = headers["content-range"], range.hasPrefix("bytes ") else { return nil }
    return range.dropFirst(6).split(separator: "-").first.flatMap { Int($0) }
  }

  /// Takes a line of the head with its line end; the status line comes first.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    if line.hasPrefix("HTTP/") {
      // An interim answer such as 100 has a head of its own.
      self = HTTPHead(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      headers[line[..<colon].lowercased()] = value
    }
  }
}

/// A whole answer.
package struct HTTPReply: Sendable {
  /// The status line and the headers.
  package var head: HTTPHead
  /// The body.
  package var body: [UInt8]

  /// Creates an answer.
  package init(status: Int = 0, headers: [String: String] = [:], body: [UInt8] = []) {
    head = HTTPHead(status: status, headers: headers)
    self.body = body
  }

  /// The status; 0 where none came.
  package var status: Int { head.status }
  /// The headers, their names in lower case.
  package var headers: [String: String] { head.headers }
}

/// What ended a request before its answer was complete.
package enum HTTPFailure: Error {
  /// There is no libcurl on this machine.
  case noTransport
  /// Nothing that a second try could change.
  case refused(url: String, reason: String)
  /// The connection broke, perhaps within the answer.
  case broken(reason: String, reply: HTTPReply)
}
