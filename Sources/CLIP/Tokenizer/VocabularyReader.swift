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
    var merges = MergeTable(expecting: expectedTokens)
    var rank: Int32 = 0
    try TextLines.forEach(bytes) { number, line in
      guard !line.isEmpty, !line.starts(with: "#version".utf8) else { return }
      try add(line, rank: rank, to: &merges, vocabulary: vocabulary, file: file, place: "in line \(number)")
      rank += 1
    }
    return merges
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
    var merges = MergeTable(expecting: expectedTokens)
    let close = UInt8(ascii: "]")
    guard try scanner.begin(UInt8(ascii: "["), close, expected: "an array of merges") else { return merges }
    var rank: Int32 = 0
    var text: [UInt8] = []
    repeat {
      text.removeAll(keepingCapacity: true)
      let place = "in merge \(rank)"
      if scanner.consume(UInt8(ascii: "[")) {
        try scanner.readString(expected: "the first token of a merge", into: &text)
        let middle = text.count
        guard scanner.consume(UInt8(ascii: ",")) else { throw scanner.failure(expected: "\",\"") }
        try scanner.readString(expected: "the second token of a merge", into: &text)
        guard scanner.consume(close) else { throw scanner.failure(expected: "\"]\" after two tokens") }
        try text.withUnsafeBufferPointer { text in
          try add(
            UnsafeBufferPointer(rebasing: text[..<middle]), UnsafeBufferPointer(rebasing: text[middle...]),
            rank: rank, to: &merges, vocabulary: vocabulary, file: file, place: place)
        }
      } else {
        try scanner.readString(expected: "a merge: a string or a pair of strings", into: &text)
        try text.withUnsafeBufferPointer {
          try add($0, rank: rank, to: &merges, vocabulary: vocabulary, file: file, place: place)
        }
      }
      rank += 1
    } while try scanner.another(close)
    return merges
  }

  /// Adds the merge that `line` holds: two tokens with a space between.
  private static func add(
    _ line: UnsafeBufferPointer<UInt8>, rank: Int32, to merges: inout MergeTable, vocabulary: Vocabulary,
    file: String, place: String
  ) throws {
    guard let space = line.firstIndex(of: 0x20), !line[(space + 1)...].contains(0x20) else {
      throw TokenizerError.malformed(
        file: file, place: place, expected: "two tokens with a space between", found: TextLines.excerpt(line))
    }
    try add(
      UnsafeBufferPointer(rebasing: line[..<space]), UnsafeBufferPointer(rebasing: line[(space + 1)...]),
      rank: rank,
      to: &merges, vocabulary: vocabulary, file: file, place: place)
  }

  private static func add(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, rank: Int32,
    to merges: inout MergeTable, vocabulary: Vocabulary, file: String, place: String
  ) throws {
    guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right),
      let id = vocabulary.id(of: left, right)
    else {
      throw TokenizerError.malformed(
        file: file, place: place, expected: "two tokens of the vocabulary whose whole is one too",
        found: "\(TextLines.excerpt(left)) and \(TextLines.excerpt(right))")
    }
    merges.insert(leftID, rightID, MergeTable.Merge(rank: rank, id: id))
  }
}

/// The lines of a text file.
enum TextLines {
  /// Calls `body` with the number of each line, from 1, and its bytes without the line break.
  static func forEach(
    _ bytes: UnsafeBufferPointer<UInt8>, body: (Int, UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    var start = 0
    var number = 1
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      let isCarriageReturn = end > start && bytes[end - 1] == 0x0D
      try body(number, UnsafeBufferPointer(rebasing: bytes[start..<(isCarriageReturn ? end - 1 : end)]))
      start = end + 1
      number += 1
    }
  }

  /// The beginning of `bytes`, in quotes, for a message.
  static func excerpt(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    "\"" + String(decoding: bytes.prefix(40), as: UTF8.self) + (bytes.count > 40 ? "…" : "") + "\""
  }
}
