/// Cuts a normalised text into the words that byte-pair encoding takes.
///
/// The pattern of both references is
/// `'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, and before it the text of the special tokens; they
/// differ in what becomes of that text. It counts only where a word starts: a run of punctuation may swallow its `<`.
struct WordSplitter: Sendable {
  /// What stands in the text.
  enum Piece: Equatable {
    /// Bytes that byte-pair encoding takes.
    case word(Range<Int>)
    /// The text of open_clip's special tokens, which stands for the token.
    case startOfText
    case endOfText
  }

  /// Whose special tokens are looked for.
  let cleaning: TextCleaning

  /// Calls `body` with each piece of `text`, which is UTF-8.
  func split(_ text: UnsafeBufferPointer<UInt8>, body: (Piece) -> Void) {
    var position = 0
    while position < text.count {
      let first = text[position]
      if first == 0x3C, let end = special(text, at: position, body: body) {  // <
        position = end
      } else if first == 0x27, let length = contraction(text, at: position + 1) {  // '
        body(.word(position..<(position + 1 + length)))
        position += 1 + length
      } else {
        let (kind, length) = kind(text, at: position)
        var end = position + length
        if kind == UnicodeClasses.letter || kind == 0 {
          while end < text.count {
            let (following, length) = self.kind(text, at: end)
            guard following == kind else { break }
            end += length
          }
        }
        if kind != UnicodeClasses.whitespace { body(.word(position..<end)) }
        position = end
      }
    }
  }

  /// The class of the code point at `position` (0 for what is neither letter, number nor space), and its length.
  @inline(__always)
  private func kind(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> (UInt8, Int) {
    let byte = text[position]
    if byte < 0x80 {
      if byte | 0x20 &- 0x61 < 26 { return (UnicodeClasses.letter, 1) }
      if byte &- 0x30 < 10 { return (UnicodeClasses.number, 1) }
      return (byte == 0x20 || byte &- 0x09 < 5 ? UnicodeClasses.whitespace : 0, 1)
    }
    let (scalar, length) = UTF8Coding.decode(text, at: position)
    // Ignoring case, U+0345 is an iota to open_clip's pattern: no letter, but nothing else either. It is dropped.
    if scalar == 0x345, cleaning == .openAI { return (UnicodeClasses.whitespace, length) }
    let flags = UnicodeClasses.shared.flags(of: scalar)
    return (flags & (UnicodeClasses.letter | UnicodeClasses.number | UnicodeClasses.whitespace), length)
  }

  /// The length of what follows the apostrophe of a contraction.
  private func contraction(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
    guard position < text.count else { return nil }
    let second = position + 1 < text.count ? text[position + 1] : 0
    switch text[position] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 1
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? 2 : nil
    case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? 2 : nil
    // open_clip's pattern ignores case, and a long s is an s then.
    case 0xC5: return cleaning == .openAI && second == 0xBF ? 2 : nil
    default: return nil
    }
  }

  /// Handles the text of a special token at `position` and returns its end.
  private func special(
    _ text: UnsafeBufferPointer<UInt8>, at position: Int, body: (Piece) -> Void
  ) -> Int? {
    switch cleaning {
    case .huggingFace:
      // Where it is not taken as the token itself, it is cut at its bars by the byte-level splitter.
      for name in ["<|startoftext|>", "<|endoftext|>"] where Self.matches(text, at: position, name) {
        let end = position + name.utf8.count
        body(.word(position..<(position + 2)))
        body(.word((position + 2)..<(end - 2)))
        body(.word((end - 2)..<end))
        return end
      }
    case .openAI:
      if Self.matches(text, at: position, "<start_of_text>") {
        body(.startOfText)
        return position + 15
      }
      if Self.matches(text, at: position, "<\u{17F}tart_of_text>") {
        body(.word(position..<(position + 16)))
        return position + 16
      }
      if Self.matches(text, at: position, "<end_of_text>") {
        body(.endOfText)
        return position + 13
      }
    }
    return nil
  }

  private static func matches(_ text: UnsafeBufferPointer<UInt8>, at position: Int, _ name: String) -> Bool {
    let name = name.utf8
    guard position + name.count <= text.count else { return false }
    return zip(text[position...], name).allSatisfy { $0 == $1 }
  }
}
