/// Hugging Face's normalisation: normal form C, white space to single spaces, lower case.
enum TextNormalizer {
  /// The normalised UTF-8 of `text`.
  static func normalize(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    normalizeASCII(text) ?? normalizeScalars(UTF8Coding.scalars(of: text))
  }

  /// The fast way; nil where a byte is not ASCII.
  static func normalizeASCII(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var isASCII = true
    let output = [UInt8](unsafeUninitializedCapacity: text.count) { output, count in
      var wasSpace = false
      for byte in text {
        guard byte < 0x80 else {
          isASCII = false
          return
        }
        let isSpace = byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
        if isSpace && wasSpace { continue }
        wasSpace = isSpace
        output[count] = isSpace ? 0x20 : byte &- 0x41 < 26 ? byte | 0x20 : byte
        count += 1
      }
    }
    return isASCII ? output : nil
  }

  private static func normalizeScalars(_ text: [UInt32]) -> [UInt8] {
    let classes = UnicodeClasses.shared
    var scalars = text
    CanonicalComposition.normalize(&scalars, classes: classes)
    var lower: [UInt32] = []
    lower.reserveCapacity(scalars.count)
    var wasSpace = false
    for scalar in scalars {
      let isSpace = classes.flags(of: scalar) & UnicodeClasses.whitespace != 0
      if isSpace {
        if !wasSpace { lower.append(0x20) }
      } else {
        classes.appendLowercase(of: scalar, to: &lower)
      }
      wasSpace = isSpace
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lower.count * 2)
    for scalar in lower { UTF8Coding.encode(scalar, into: &bytes) }
    return bytes
  }
}

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
