import Foundation

/// A small HTTP/1.1 server on 127.0.0.1 that answers as a test wants, also wrongly.
final class HubServer: @unchecked Sendable {
  // Unchecked: `log` is only touched under `lock`; the rest never changes.

  /// A request as it came in.
  struct Request: Sendable {
    let path: String
    let headers: [String: String]

    /// The first byte of `Range: bytes=100-`.
    var firstByte: Int? {
      headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
    }
  }

  /// An answer, which may lie about its length or stop early.
  struct Answer: Sendable {
    var status = 200
    var headers: [String: String] = [:]
    var body = Data()
    /// The length that is announced, if not the body's; negative for none.
    var announced: Int?
    /// Bytes of the body after which the connection is closed.
    var cutAfter: Int?

    static func status(_ status: Int, _ headers: [String: String] = [:]) -> Answer {
      Answer(status: status, headers: headers)
    }

    static func whole(_ body: Data) -> Answer { Answer(body: body) }

    /// The body from the byte that is asked for, as a good server sends it.
    static func ranged(_ body: Data, _ request: Request, cutAfter: Int? = nil) -> Answer {
      guard let first = request.firstByte else { return Answer(body: body, cutAfter: cutAfter) }
      guard first < body.count else { return .status(416) }
      return Answer(
        status: 206, headers: ["Content-Range": "bytes \(first)-\(body.count - 1)/\(body.count)"],
        body: body.dropFirst(first), cutAfter: cutAfter)
    }
  }

  let port: Int
  private let listener: Int32
  private let respond: @Sendable (Request, Int) -> Answer
  private let lock = NSLock()
  private var log: [Request] = []

  /// Starts to listen; `respond` gets each request, and how many for the same path came before it.
  init(respond: @escaping @Sendable (Request, Int) -> Answer) throws {
    self.respond = respond
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let ready = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard ready else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        serve(connection)
        close(connection)
      }
    }
  }

  /// Stops to listen.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// The requests so far.
  var requests: [Request] { lock.withLock { log } }

  /// The server's address.
  var endpoint: String { "http://127.0.0.1:\(port)" }

  private func serve(_ connection: Int32) {
    guard let request = read(connection) else { return }
    let earlier = lock.withLock {
      log.append(request)
      return log.count { $0.path == request.path } - 1
    }
    let answer = respond(request, earlier)
    let announced = answer.announced ?? answer.body.count
    var head = "HTTP/1.1 \(answer.status) Whatever\r\nConnection: close\r\n"
    if announced >= 0 { head += "Content-Length: \(announced)\r\n" }
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    var bytes = [UInt8](Data((head + "\r\n").utf8) + answer.body.prefix(answer.cutAfter ?? .max))
    while !bytes.isEmpty {
      let sent = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      guard sent > 0 else { return }
      bytes.removeFirst(sent)
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var text = ""
    var chunk = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: chunk.prefix(count), as: UTF8.self)
    }
    let lines = text.components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .trimmingCharacters(in: .whitespaces)
    }
    let words = lines[0].split(separator: " ")
    return Request(path: words.count > 1 ? String(words[1]) : "", headers: headers)
  }
}
