import Foundation

/// A small HTTP/1.1 server on 127.0.0.1 that answers as a test wants, also wrongly. Every connection has a thread.
public final class LocalServer: @unchecked Sendable {
  // Unchecked: what changes is only touched under `lock`; the rest never does.

  /// A request as it came in.
  public struct Request: Sendable {
    /// The path.
    public var path = ""
    /// The headers, their names in lower case.
    public var headers: [String: String] = [:]
    /// The body.
    public var body = Data()
    /// How many requests came before it.
    public var index = 0
    /// How many requests for the same path came before it.
    public var earlier = 0

    /// Creates a request of nothing.
    public init() {}

    /// The first byte of `Range: bytes=100-`.
    public var firstByte: Int? {
      headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
    }
  }

  /// An answer, which may lie about its length or stop early.
  public struct Answer: Sendable {
    /// The status.
    public var status: Int
    /// Headers beside those that every answer has.
    public var headers: [String: String]
    /// The body.
    public var body: Data
    /// The length that is announced, if not the body's; negative for none.
    public var announced: Int?
    /// Bytes of the body after which the connection ends.
    public var cutAfter: Int?
    /// Whether the connection stays open, silent, after the cut.
    public var hangs: Bool

    /// Creates an answer.
    public init(
      status: Int = 200, headers: [String: String] = [:], body: Data = Data(), announced: Int? = nil,
      cutAfter: Int? = nil, hangs: Bool = false
    ) {
      self.status = status
      self.headers = headers
      self.body = body
      self.announced = announced
      self.cutAfter = cutAfter
      self.hangs = hangs
    }

    /// An answer without a body.
    public static func status(_ status: Int, _ headers: [String: String] = [:]) -> Answer {
      Answer(status: status, headers: headers)
    }

    /// A good answer.
    public static func whole(_ body: Data) -> Answer { Answer(body: body) }

    /// The body from the byte that is asked for, as a good server sends it.
    public static func ranged(_ body: Data, _ request: Request, cutAfter: Int? = nil) -> Answer {
      guard let first = request.firstByte else { return Answer(body: body, cutAfter: cutAfter) }
      guard first < body.count else { return .status(416) }
      return Answer(
        status: 206, headers: ["Content-Range": "bytes \(first)-\(body.count - 1)/\(body.count)"],
        body: body.dropFirst(first), cutAfter: cutAfter)
    }
  }

  /// Where it listens.
  public let port: Int
  private let listener: Int32
  private let respond: @Sendable (Request) -> Answer
  private let lock = NSLock()
  private var log: [Request] = []
  private var open: Set<Int32> = []
  private var peak = 0
  private var isStopped = false

  /// Starts to listen.
  public init(respond: @escaping @Sendable (Request) -> Answer) throws {
    self.respond = respond
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let ready = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard ready else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        lock.withLock { _ = open.insert(connection) }
        Thread.detachNewThread { [self] in
          serve(connection)
          lock.withLock { _ = open.remove(connection) }
          close(connection)
        }
      }
    }
  }

  /// Dies: nobody is heard any more, and what is being answered breaks off.
  public func stop() {
    lock.withLock {
      guard !isStopped else { return }
      isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      close(listener)
      for connection in open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  /// The server's address.
  public var endpoint: String { "http://127.0.0.1:\(port)" }

  /// The requests so far.
  public var requests: [Request] { lock.withLock { log } }

  /// The most requests that were open at once.
  public var mostAtOnce: Int { lock.withLock { peak } }

  private func serve(_ connection: Int32) {
    guard var request = Self.read(connection) else { return }
    lock.withLock {
      request.index = log.count
      request.earlier = log.count { $0.path == request.path }
      log.append(request)
      peak = max(peak, open.count)
    }
    let answer = respond(request)
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
    if answer.hangs {
      var byte: UInt8 = 0
      _ = recv(connection, &byte, 1, 0)
    }
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes = Data()
    var chunk = [UInt8](repeating: 0, count: 65536)
    let blank = Data("\r\n\r\n".utf8)
    var end: Range<Data.Index>?
    while end == nil {
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      bytes.append(contentsOf: chunk.prefix(count))
      end = bytes.range(of: blank)
    }
    guard let end else { return nil }
    var request = Request()
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      request.headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .trimmingCharacters(in: .whitespaces)
    }
    let words = lines[0].split(separator: " ")
    request.path = words.count > 1 ? String(words[1]) : ""
    request.body = Data(bytes[end.upperBound...])
    let length = request.headers["content-length"].flatMap { Int($0) } ?? 0
    while request.body.count < length {
      let count = recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      request.body.append(contentsOf: chunk.prefix(count))
    }
    return request
  }
}
