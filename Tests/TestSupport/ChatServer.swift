import Foundation

/// A server on 127.0.0.1 that speaks the chat interface, and misbehaves as a test wants.
public final class ChatServer: Sendable {
  /// A request as it came in.
  public struct Request: Sendable {
    private let request: LocalServer.Request

    init(_ request: LocalServer.Request) { self.request = request }

    /// The path.
    public var path: String { request.path }
    /// The headers, their names in lower case.
    public var headers: [String: String] { request.headers }
    /// The body.
    public var body: Data { request.body }
    /// How many requests came before it.
    public var index: Int { request.index }

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

    /// What a base model continues a text with, in the form of the other interface.
    public static func completes(_ text: String) -> Answer {
      let object: [String: Any] = [
        "object": "text_completion",
        "choices": [["index": 0, "text": text, "finish_reason": "stop"] as [String: Any]],
        "usage": ["prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50],
      ]
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

  private let server: LocalServer
  private let good: GoodAnswers

  /// How often good answers were given. Unchecked: only touched under `lock`.
  private final class GoodAnswers: @unchecked Sendable {
    private let lock = NSLock()
    private var counts: [String: Int] = [:]

    func add(_ request: Request) {
      lock.withLock { for key in ChatServer.counts([request]).keys { counts[key, default: 0] += 1 } }
    }

    var all: [String: Int] { lock.withLock { counts } }
  }

  /// Starts to listen; good answers where nothing else is said.
  public init(respond: @escaping @Sendable (Request) -> Answer = { .good($0) }) throws {
    let good = GoodAnswers()
    self.good = good
    server = try LocalServer { request in
      let request = Request(request)
      let answer = respond(request)
      // Counted before it leaves, so that nobody who has it can ask how often.
      if answer.isGood, answer.cutAfter == nil { good.add(request) }
      return LocalServer.Answer(
        status: answer.status,
        headers: answer.headers.merging(["Content-Type": "application/json"]) { own, _ in own },
        body: answer.body, cutAfter: answer.cutAfter, hangs: answer.hangs)
    }
  }

  /// Dies: nobody is heard any more, and what is being answered breaks off.
  public func stop() { server.stop() }

  /// Where it listens.
  public var port: Int { server.port }

  /// The address to give as `--endpoint`.
  public var endpoint: String { "\(server.endpoint)/v1" }

  /// The requests so far.
  public var requests: [Request] { server.requests.map(Request.init) }

  /// The most requests that were open at once.
  public var mostAtOnce: Int { server.mostAtOnce }

  /// How often each caption was asked, by `step caption`.
  public var asked: [String: Int] { Self.counts(requests) }

  /// How often good answers were given, whole, by `step caption`.
  public var answered: [String: Int] { good.all }

  private static func counts(_ requests: [Request]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for request in requests {
      for caption in request.captions { counts["\(request.step) \(caption)", default: 0] += 1 }
    }
    return counts
  }
}
