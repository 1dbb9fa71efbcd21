import Foundation

/// A server on 127.0.0.1 that speaks the chat interface, and misbehaves as a test wants. Every connection has a thread.
public final class ChatServer: @unchecked Sendable {
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

    /// The body as a dictionary.
    public var object: [String: Any] {
      (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    }

    /// What the model is told.
    public var prompt: String {
      let messages = object["messages"] as? [[String: String]]
      return messages?.first?["content"] ?? ""
    }

    /// The items of the prompt's list.
    private var items: [[String: Any]] {
      guard let start = prompt.range(of: "[\n"), let end = prompt.range(of: "\n]", options: .backwards) else {
        return []
      }
      let list = Data(prompt[start.lowerBound..<end.upperBound].utf8)
      return (try? JSONSerialization.jsonObject(with: list)) as? [[String: Any]] ?? []
    }

    /// The captions that are to be paraphrased.
    public var captions: [String] { items.map { $0["caption"] as? String ?? "" } }

    /// What was wrong with the last answers.
    public var problems: [String?] { items.map { $0["problem"] as? String } }

    /// The step: 2 where other words are wanted.
    public var step: Int { prompt.contains("in other words") ? 2 : 1 }
  }

  /// An answer, which may stop early.
  public struct Answer: Sendable {
    /// The status.
    public var status: Int
    /// Headers beside those that every answer has.
    public var headers: [String: String]
    /// The body.
    public var body: Data
    /// Bytes of the body after which the connection ends.
    public var cutAfter: Int?
    /// Whether the connection stays open, silent, after the cut.
    public var hangs: Bool
    /// Whether the answer has good paraphrases.
    public var isGood = false

    /// Creates an answer.
    public init(
      status: Int = 200, headers: [String: String] = [:], body: String = "", cutAfter: Int? = nil,
      hangs: Bool = false
    ) {
      self.status = status
      self.headers = headers
      self.body = Data(body.utf8)
      self.cutAfter = cutAfter
      self.hangs = hangs
    }

    /// What a model says, in the form of the interface.
    public static func says(_ text: String, tokens: Int? = 50, finish: String = "stop") -> Answer {
      var object: [String: Any] = [
        "id": "x", "object": "chat.completion",
        "choices": [
          ["index": 0, "message": ["role": "assistant", "content": text], "finish_reason": finish]
        ],
      ]
      if let tokens {
        object["usage"] = ["prompt_tokens": tokens - 10, "completion_tokens": 10, "total_tokens": tokens]
      }
      let body = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
      return Answer(body: String(decoding: body, as: UTF8.self))
    }

    /// A list of paraphrases.
    public static func list(_ texts: [String], tokens: Int? = 50) -> Answer {
      let list = (try? JSONSerialization.data(withJSONObject: texts)) ?? Data()
      return says(String(decoding: list, as: UTF8.self), tokens: tokens)
    }

    /// Good paraphrases of what a request asks.
    public static func good(_ request: Request, tokens: Int? = 50) -> Answer {
      var answer = list(
        request.captions.map { ChatServer.paraphrase(of: $0, step: request.step) }, tokens: tokens)
      answer.isGood = true
      return answer
    }
  }

  /// The paraphrase that good answers give: plainly with a word before it, in other words with each word turned round.
  public static func paraphrase(of caption: String, step: Int) -> String {
    if step == 1 { return "seen " + caption }
    let kept: Set<String> = ["two", "three", "no", "not", "without"]
    return caption.split(separator: " ").map { word in
      kept.contains(word.lowercased()) || word.contains(where: \.isNumber)
        ? String(word) : String(word.reversed())
    }.joined(separator: " ")
  }

  /// Where it listens.
  public let port: Int
  private let listener: Int32
  private let respond: @Sendable (Request) -> Answer
  private let lock = NSLock()
  private var log: [Request] = []
  private var goodCounts: [String: Int] = [:]
  private var open: Set<Int32> = []
  private var peak = 0
  private var isStopped = false

  /// Starts to listen; good answers where nothing else is said.
  public init(respond: @escaping @Sendable (Request) -> Answer = { .good($0) }) throws {
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

  /// The address to give as `--endpoint`.
  public var endpoint: String { "http://127.0.0.1:\(port)/v1" }

  /// The requests so far.
  public var requests: [Request] { lock.withLock { log } }

  /// The most requests that were open at once.
  public var mostAtOnce: Int { lock.withLock { peak } }

  /// How often each caption was asked, by `step caption`.
  public var asked: [String: Int] { Self.counts(requests) }

  /// How often good answers were given, whole, by `step caption`.
  public var answered: [String: Int] { lock.withLock { goodCounts } }

  private static func counts(_ requests: [Request]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for request in requests {
      for caption in request.captions { counts["\(request.step) \(caption)", default: 0] += 1 }
    }
    return counts
  }

  private func serve(_ connection: Int32) {
    guard var request = read(connection) else { return }
    lock.withLock {
      request.index = log.count
      log.append(request)
      peak = max(peak, open.count)
    }
    let answer = respond(request)
    var head = "HTTP/1.1 \(answer.status) Whatever\r\nConnection: close\r\nContent-Type: application/json\r\n"
    head += "Content-Length: \(answer.body.count)\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    var bytes = [UInt8](Data((head + "\r\n").utf8) + answer.body.prefix(answer.cutAfter ?? .max))
    if answer.isGood, answer.cutAfter == nil {
      // Counted before it leaves, so that nobody who has it can ask how often.
      lock.withLock { for key in Self.counts([request]).keys { goodCounts[key, default: 0] += 1 } }
    }
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

  private func read(_ connection: Int32) -> Request? {
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
