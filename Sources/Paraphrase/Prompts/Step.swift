/// The two steps of paraphrasing.
public enum ParaphraseStep: Int, Sendable, CaseIterable {
  /// From a caption x to a concise plain paraphrase x′.
  case plain = 1
  /// From x′ to x″, which avoids its words.
  case paraphrase = 2

  /// The name of the step's prompt file.
  public var fileName: String { self == .plain ? "plain.txt" : "paraphrase.txt" }
}
