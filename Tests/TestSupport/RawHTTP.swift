import Foundation

/// Sends requests as they stand, wrong ones too, and reads the answer to its end.
public struct RawHTTP: Sendable {
  /// An answer.
  public struct Answer: Sendable {
    /// The status; 0 where the connection ended without one.
    public var status = 0
    /// The headers, with names in lower case.
    public var headers: [String: String] = [:]
    /// The body.
    public var body = Data()

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// The port on 127.0.0.1.
  public let port: Int

  /// Talks to a port on this machine.
  public init(port: Int) { self.port = port }

  /// Sends a request with `Host` and `Connection: close` unless they are given.
  public func request(
    _ method: String, _ path: String, headers: [String: String] = [:], body: Data = Data()
  ) -> Answer {
    var all = ["Host": "127.0.0.1:\(port)", "Connection": "close"]
    if !body.isEmpty || method == "POST" { all["Content-Length"] = "\(body.count)" }
    all.merge(headers) { $1 }
    let head = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
    return send(Data("\(method) \(path) HTTP/1.1\r\n\(head)\r\n".utf8) + body)
  }

  /// Sends a JSON document.
  public func post(_ path: String, _ json: String, headers: [String: String] = [:]) -> Answer {
    request(
      "POST", path, headers: ["Content-Type": "application/json"].merging(headers) { $1 },
      body: Data(json.utf8))
  }

  /// Sends bytes, and reads until the other side closes or nothing comes for ten seconds.
  public func send(_ bytes: Data) -> Answer {
    guard let descriptor = connected(sending: bytes) else { return Answer() }
    defer { close(descriptor) }
    var answer = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      answer += buffer.prefix(count)
    }
    return Self.answer(answer)
  }

  /// A request of which no more is sent until it is let go.
  public final class Held {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
  }

  /// Sends the beginning of a request; nil where nobody listens.
  public func hold(_ bytes: Data) -> Held? { connected(sending: bytes).map(Held.init) }

  /// The descriptor of a new connection to which bytes were sent; nil where nobody listens.
  private func connected(sending bytes: Data) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // A server may refuse before it has read all.
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    return descriptor
  }

  private static func answer(_ bytes: Data) -> Answer {
    var answer = Answer()
    guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { return answer }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    answer.status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      answer.headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    answer.body = Data(bytes[end.upperBound...])
    guard answer.headers["transfer-encoding"]?.lowercased() == "chunked" else { return answer }
    // The pieces, each after its length.
    var (rest, body) = (answer.body, Data())
    while let line = rest.range(of: Data("\r\n".utf8)),
      let count = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16), count > 0,
      rest.distance(from: line.upperBound, to: rest.endIndex) >= count
    {
      body += rest[line.upperBound..<line.upperBound + count]
      rest = Data(rest[(line.upperBound + count)...].dropFirst(2))
    }
    answer.body = body
    return answer
  }
}
