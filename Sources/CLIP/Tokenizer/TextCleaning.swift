/// What is done to a text before it is split into words.
public enum TextCleaning: String, Sendable, Equatable, CaseIterable {
  /// As Hugging Face's `CLIPTokenizer`: normal form C, white space to single spaces, lower case letter by letter.
  case huggingFace

  /// As open_clip's `SimpleTokenizer`: ftfy's repairs, HTML unescaped twice, white space to single spaces, lower case.
  ///
  /// Of ftfy 6.3.1 these are copied: HTML entities, stray C1 control characters, Latin ligatures, character width,
  /// curly quotes, line breaks, terminal escapes, control characters and normal form C. **Not copied** is
  /// `fix_encoding`, the repair of text that was decoded in the wrong encoding ("schÃ¶n" for "schön"):
  /// such text is tokenized as it stands. Lower case takes Greek final sigma into account, as Python does.
  case openAI
}
