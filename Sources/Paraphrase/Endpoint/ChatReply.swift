import Foundation
package import HTTPClient
import JSON

/// What a server of the chat interface answered, or what is wrong with it.
package enum ChatReply: Equatable {
  /// The model's words.
  case answer(text: String, isCut: Bool, tokens: Int?)
  /// The model or its server declines.
  case refusal(tokens: Int?)
  /// The server does not take the name `max_tokens`.
  case wantsCompletionTokens
  /// Asking again may help.
  case transient(reason: String)
  /// Asking again does not help.
  case final(status: Int, reason: String, code: String?)

  /// Reads an answer.
  ///
  /// - Parameter key: what no reason may hold, not even a part of it: a server may send it back.
  package init(_ reply: HTTPReply, hiding key: String? = nil) {
    let value = try? JSONValue(parsing: reply.body)
    guard (200..<300).contains(reply.status) else {
      self = Self.failure(reply, value?.object, key)
      return
    }
    guard let object = value?.object else {
      self = .transient(reason: "the answer is no JSON: \(Self.beginning(of: reply.body, key))")
      return
    }
    // Some servers report errors with status 200.
    if let error = object["error"], !error.isNull {
      self = .transient(reason: Self.message(object, key) ?? "the answer is an error")
      return
    }
    let usage = object["usage"]?.object
    let tokens =
      usage?["total_tokens"]?.integer
      ?? usage.flatMap { usage in
        usage["prompt_tokens"]?.integer.map { $0 &+ (usage["completion_tokens"]?.integer ?? 0) }
      }
    let checked = tokens.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    // The words are in a message of the chat interface, and bare in the other.
    let choice = object["choices"]?.array?.first?.object
    let message = choice?["message"]?.object
    guard let choice, message != nil || choice["text"]?.string != nil else {
      self = .transient(reason: "the answer has no \"choices\" with a \"message\" or a \"text\"")
      return
    }
    let finish = choice["finish_reason"]?.string
    let (text, refuses) = Self.content(message?["content"] ?? choice["text"])
    if finish == "content_filter" || (text.isEmpty && (refuses || message?["refusal"]?.string != nil)) {
      self = .refusal(tokens: checked)
    } else {
      self = .answer(text: Self.withoutThought(text), isCut: finish == "length", tokens: checked)
    }
  }

  /// The words of a message, whose content is a text or a list of parts, and whether a part of them is a refusal.
  ///
  /// Parts of other kinds, such as what a reasoning model thinks, are no part of the answer.
  private static func content(_ content: JSONValue?) -> (text: String, refuses: Bool) {
    guard let parts = content?.array else { return (content?.string ?? "", false) }
    var text = ""
    var refuses = false
    for part in parts {
      if let words = part.string {
        text += words
        continue
      }
      guard let members = part.object else { continue }
      switch members["type"]?.string {
      case "text", "output_text", nil:
        // Some servers put the words one level deeper.
        text += members["text"]?.string ?? members["text"]?.object?["value"]?.string ?? ""
      case "refusal": refuses = true
      default: break
      }
    }
    return (text, refuses)
  }

  private static func failure(
    _ reply: HTTPReply, _ object: [String: JSONValue]?, _ key: String?
  ) -> ChatReply {
    let reason = message(object, key) ?? "the server answered \(reply.status)"
    let code = object?["error"]?.object?["code"]?.string
    switch reply.status {
    case 429 where code == "insufficient_quota": return .final(status: 402, reason: reason, code: code)
    case 408, 409, 425, 429, 500...: return .transient(reason: "\(reason) (\(reply.status))")
    case 400 where code == "content_filter" || code == "content_policy_violation":
      return .refusal(tokens: nil)
    case 400 where reason.contains("max_completion_tokens"): return .wantsCompletionTokens
    case 300..<400:
      return .final(
        status: reply.status, reason: "it redirects to \(reply.headers["location"] ?? "another address")",
        code: code)
    default: return .final(status: reply.status, reason: reason, code: code)
    }
  }

  /// What the server says about an error, in one short line.
  private static func message(_ object: [String: JSONValue]?, _ key: String?) -> String? {
    let error = object?["error"]
    guard
      let text = error?.object?["message"]?.string ?? error?.string ?? object?["message"]?.string
        ?? object?["detail"]?.string, !text.isEmpty
    else { return nil }
    // What goes to a terminal has no control characters.
    let line = SourceCaptions.singleLine(
      String(
        text.hiding(key).unicodeScalars.map {
          $0.properties.generalCategory == .control ? " " : Character($0)
        }))
    return line.count > 200 ? "\(line.prefix(200))…" : line
  }

  private static func beginning(of body: [UInt8], _ key: String?) -> String {
    if body.isEmpty { return "it is empty" }
    // Hidden before the text is cut, which could leave a part of the key.
    let start = String(decoding: body.prefix(4096), as: UTF8.self).hiding(key)
    let text = SourceCaptions.singleLine(String(start.prefix(80)))
    return "\"\(text)\(start.count > 80 ? "…" : "")\""
  }

  /// The answer behind what a reasoning model thinks aloud.
  private static func withoutThought(_ text: String) -> String {
    guard let end = text.range(of: "</think>") else { return text }
    return String(text[end.upperBound...])
  }
}
