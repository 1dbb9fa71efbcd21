/// What the files of a tokenizer say, before special tokens are settled.
struct TokenizerFiles {
  /// Tokens and ids.
  var vocabulary: Vocabulary
  /// The merges.
  var merges: MergeTable
  /// The tokens that `tokenizer.json` lists as added.
  var addedTokens: [DeclaredToken] = []
}

/// Reads `vocab.json`, `merges.txt` and `tokenizer.json`.
enum VocabularyReader {
  private static let expectedTokens = 49408

  /// `vocab.json`: an object from token to id.
  static func readVocabulary(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> Vocabulary {
    var scanner = JSONScanner(bytes, file: file)
    let vocabulary = try readVocabulary(&scanner, file: file)
    try scanner.readEnd()
    return vocabulary
  }

  private static func readVocabulary(_ scanner: inout JSONScanner, file: String) throws -> Vocabulary {
    var vocabulary = Vocabulary(expecting: expectedTokens, bytes: 1 << 19)
    let open = UInt8(ascii: "{")
    let close = UInt8(ascii: "}")
    guard try scanner.begin(open, close, expected: "an object from token to id") else { return vocabulary }
    repeat {
      var id = 0
      let refusal = try vocabulary.insert { text in
        try scanner.readString(expected: "a token", into: &text)
        try scanner.readColon()
        id = try scanner.readInteger(expected: "a token id")
        return id
      }
      if let refusal {
        throw TokenizerError.malformed(
          file: file, place: "for token \(vocabulary.count) of the vocabulary", expected: refusal.expected,
          found: "id \(id)")
      }
    } while try scanner.another(close)
    return vocabulary
  }

  /// `merges.txt`: a pair of tokens a line, the first merge first.
  static func readMerges(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabulary: Vocabulary, file: String
  ) throws -> MergeTable {
    var list = MergeList(vocabulary: vocabulary, file: file, unit: "line")
    try TextLines.forEach(bytes) { number, line in
      guard !line.isEmpty, !line.starts(with: "#version".utf8) else { return }
      try list.add(line, at: number)
    }
    return list.merges
  }

  /// `tokenizer.json`: vocabulary and merges under `model`, with merges as `"a b"` or `["a", "b"]`.
  static func readTokenizer(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> TokenizerFiles {
    var scanner = JSONScanner(bytes, file: file)
    var addedTokens: [DeclaredToken] = []
    var model: (vocabulary: Vocabulary, merges: MergeTable)?
    try scanner.readObject(expected: "a tokenizer") { scanner, key in
      switch key {
      case "added_tokens": addedTokens = try DeclaredToken.readList(scanner.skipValue(), file: file)
      case "model": model = try readModel(&scanner, file: file)
      default: try scanner.skipValue()
      }
    }
    try scanner.readEnd()
    guard let model else {
      throw TokenizerError.malformed(
        file: file, place: "at the top", expected: "the key \"model\"", found: "no such key")
    }
    return TokenizerFiles(vocabulary: model.vocabulary, merges: model.merges, addedTokens: addedTokens)
  }

  private static func readModel(
    _ scanner: inout JSONScanner, file: String
  ) throws -> (vocabulary: Vocabulary, merges: MergeTable) {
    var vocabulary: Vocabulary?
    var mergesPosition: Int?
    try scanner.readObject(expected: "an object with the vocabulary and the merges") { scanner, key in
      switch key {
      case "vocab" where scanner.peek() == UInt8(ascii: "{"):
        vocabulary = try readVocabulary(&scanner, file: file)
      case "merges":
        // It may stand before the vocabulary that it needs.
        mergesPosition = scanner.position
        try scanner.skipValue()
      case "type": try require(&scanner, key, "\"BPE\"", or: nil, file: file)
      case "end_of_word_suffix": try require(&scanner, key, "\"</w>\"", or: "null", file: file)
      case "continuing_subword_prefix": try require(&scanner, key, "\"\"", or: "null", file: file)
      default: try scanner.skipValue()
      }
    }
    guard let vocabulary, let mergesPosition else {
      throw TokenizerError.malformed(
        file: file, place: "in \"model\"", expected: "the keys \"vocab\" (an object) and \"merges\"",
        found: vocabulary == nil ? "no vocabulary" : "no merges")
    }
    var mergeScanner = scanner
    mergeScanner.move(to: mergesPosition)
    return (vocabulary, try readMergeList(&mergeScanner, vocabulary: vocabulary, file: file))
  }

  private static func require(
    _ scanner: inout JSONScanner, _ key: String, _ value: String, or other: String?, file: String
  ) throws {
    let found = String(decoding: try scanner.skipValue(), as: UTF8.self)
    guard found == value || found == other else {
      throw TokenizerError.unsupported(
        file: file, key: "model.\(key)", expected: value, found: String(found.prefix(60)))
    }
  }

  private static func readMergeList(
    _ scanner: inout JSONScanner, vocabulary: Vocabulary, file: String
  ) throws -> MergeTable {
    var list = MergeList(vocabulary: vocabulary, file: file, unit: "merge")
    let close = UInt8(ascii: "]")
    guard try scanner.begin(UInt8(ascii: "["), close, expected: "an array of merges") else {
      return list.merges
    }
    var number = 0
    var text: [UInt8] = []
    repeat {
      text.removeAll(keepingCapacity: true)
      if scanner.consume(UInt8(ascii: "[")) {
        try scanner.readString(expected: "the first token of a merge", into: &text)
        let middle = text.count
        guard scanner.consume(UInt8(ascii: ",")) else { throw scanner.failure(expected: "\",\"") }
        try scanner.readString(expected: "the second token of a merge", into: &text)
        guard scanner.consume(close) else { throw scanner.failure(expected: "\"]\" after two tokens") }
        try text.withUnsafeBufferPointer { text in
          try list.add(
            UnsafeBufferPointer(rebasing: text[..<middle]), UnsafeBufferPointer(rebasing: text[middle...]),
            at: number)
        }
      } else {
        try scanner.readString(expected: "a merge: a string or a pair of strings", into: &text)
        try text.withUnsafeBufferPointer { try list.add($0, at: number) }
      }
      number += 1
    } while try scanner.another(close)
    return list.merges
  }
}
