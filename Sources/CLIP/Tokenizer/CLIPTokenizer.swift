/// CLIP's tokenizer: lower-cased words cut into byte pairs, between a start-of-text and an end-of-text token.
///
///     let tokenizer = try CLIPTokenizer.load(from: URL(fileURLWithPath: "clip-vit-base-patch32"))
///     tokenizer.encode("a photo of a cat")        // [49406, 320, 1125, 539, 320, 2368, 49407]
///     try tokenizer.tokenize("a photo of a cat")  // the same, cut to 77 tokens where it is longer
///
/// The ids are those of Hugging Face's `CLIPTokenizer` or of open_clip's `SimpleTokenizer`, as ``cleaning`` says.
/// A tokenizer has no state that changes: any number of threads may use one.
public struct CLIPTokenizer: Sendable {
  /// What is done to a text before it is split.
  public var cleaning: TextCleaning
  /// The most tokens of a text, where the files say so: 77 in every published CLIP.
  public let modelMaxLength: Int?
  let tables: TokenizerTables

  init(tables: TokenizerTables, cleaning: TextCleaning, modelMaxLength: Int?) {
    self.tables = tables
    self.cleaning = cleaning
    self.modelMaxLength = modelMaxLength
  }

  /// The id of the token that starts a text: 49406 in every published CLIP.
  public var startOfText: Int32 { tables.startOfText }

  /// The id of the token that ends a text: 49407 in every published CLIP.
  public var endOfText: Int32 { tables.endOfText }

  /// One more than the highest id: the number of token embeddings that a model needs, usually 49408.
  public var vocabularySize: Int { tables.idCount }

  /// All the tokens of `text`, however many, between start-of-text and end-of-text.
  public func encode(_ text: String) -> [Int32] {
    var text = text
    var ids: [Int32] = []
    text.withUTF8 { bytes in
      ids.reserveCapacity(bytes.count / 3 + 4)
      ids.append(tables.startOfText)
      switch cleaning {
      case .huggingFace: encodeAsHuggingFace(bytes, into: &ids)
      case .openAI: encodeAsOpenAI(bytes, into: &ids)
      }
      ids.append(tables.endOfText)
    }
    return ids
  }

  /// The tokens of `text`, cut to `contextLength` where there are more: then the last one kept is end-of-text.
  ///
  /// Throws ``TokenizerError/textTooLong(text:tokenCount:contextLength:)`` in place of cutting when `strict`, and
  /// ``TokenizerError/contextTooShort(contextLength:)`` for a context below 2.
  public func tokenize(
    _ text: String, contextLength: Int = 77, strict: Bool = false
  ) throws -> TokenizedText {
    guard contextLength >= 2 else { throw TokenizerError.contextTooShort(contextLength: contextLength) }
    var ids = encode(text)
    guard ids.count > contextLength else { return TokenizedText(ids: ids, isTruncated: false) }
    if strict {
      let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      throw TokenizerError.textTooLong(
        text: words.count > 60 ? words.prefix(57) + "…" : words, tokenCount: ids.count,
        contextLength: contextLength)
    }
    ids.removeLast(ids.count - contextLength)
    ids[contextLength - 1] = tables.endOfText
    return TokenizedText(ids: ids, isTruncated: true)
  }

  private func encodeAsHuggingFace(_ bytes: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    let splitter = WordSplitter(cleaning: .huggingFace)
    var found: [Int32] = []
    swap(&found, &ids)
    tables.rawTokens.split(
      bytes,
      text: { stretch in
        TextNormalizer.normalize(stretch).withUnsafeBufferPointer { normalized in
          tables.normalizedTokens.split(
            normalized,
            text: { encodeWords(of: $0, splitter: splitter, into: &found) },
            token: { found.append($0) })
        }
      },
      token: { found.append($0) })
    swap(&found, &ids)
  }

  private func encodeAsOpenAI(_ bytes: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    OpenAICleaning.clean(bytes).withUnsafeBufferPointer { cleaned in
      encodeWords(of: cleaned, splitter: WordSplitter(cleaning: .openAI), into: &ids)
    }
  }

  private func encodeWords(
    of text: UnsafeBufferPointer<UInt8>, splitter: WordSplitter, into ids: inout [Int32]
  ) {
    splitter.split(text) { piece in
      switch piece {
      case .word(let range):
        tables.encoding.encode(UnsafeBufferPointer(rebasing: text[range]), into: &ids)
      case .startOfText: ids.append(tables.startOfText)
      case .endOfText: ids.append(tables.endOfText)
      }
    }
  }
}

/// The tokens of one text, ready for the text tower.
public struct TokenizedText: Sendable, Equatable {
  /// Token ids from start-of-text to end-of-text, without padding.
  public var ids: [Int32]
  /// Whether tokens were cut off to fit the context.
  public var isTruncated: Bool

  /// Creates the tokens of a text.
  public init(ids: [Int32], isTruncated: Bool) {
    self.ids = ids
    self.isTruncated = isTruncated
  }
}
