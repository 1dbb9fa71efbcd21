import JSON

/// A caption with its paraphrases: a line of what `plumb paraphrase` writes.
///
/// `{"id": "1.jpg", "caption": x, "plain": x′, "paraphrase": x″, "model": "…", "prompts": "1", "tokens": 57}`
public struct ParaphrasedCaption: Sendable, Equatable {
  /// The image's id or file name, or the number of the caption's line.
  public var id: String
  /// The caption as it was: x.
  public var caption: String
  /// A concise plain paraphrase: x′. Nil where the source has none.
  public var plain: String?
  /// A paraphrase of `plain` that avoids its words: x″.
  public var paraphrase: String
  /// The language model, `references` or `rules`.
  public var model: String
  /// The version of the prompts, or of the rules.
  public var prompts: String
  /// What both answers cost, failed attempts included.
  public var tokens: Int

  /// Creates a line.
  public init(
    id: String, caption: String, plain: String?, paraphrase: String, model: String, prompts: String,
    tokens: Int = 0
  ) {
    self.id = id
    self.caption = caption
    self.plain = plain
    self.paraphrase = paraphrase
    self.model = model
    self.prompts = prompts
    self.tokens = tokens
  }

  /// The line as JSON, without its end.
  public func line() throws -> String {
    var members: [JSONValue.Member] = [.init("id", .string(id)), .init("caption", .string(caption))]
    if let plain { members.append(.init("plain", .string(plain))) }
    members += [
      .init("paraphrase", .string(paraphrase)), .init("model", .string(model)),
      .init("prompts", .string(prompts)), .init("tokens", .integer(tokens)),
    ]
    return try JSONValue.object(members).text()
  }
}
