import JSON

/// What the files of a tokenizer say, before special tokens are settled.
struct TokenizerFiles {
  /// Tokens and ids.
  var vocabulary: TokenTable
  /// The merges.
  var merges: MergeTable
  /// The tokens that `tokenizer.json` lists as added.
  var addedTokens: [DeclaredToken] = []
}

/// Reads `vocab.json`, `merges.txt` and `tokenizer.json`.
enum VocabularyReader {
  private static let expectedTokens = 49408

  /// `vocab.json`: an object from token to id.
  static func readVocabulary(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> TokenTable {
    try scan(bytes, file: file) { try readVocabulary(&$0, file: file) }
  }

  /// Calls `body` with a scanner at the start of `bytes`; nothing may be left after it.
  private static func scan<Result>(
    _ bytes: UnsafeBufferPointer<UInt8>, file: String, _ body: (inout JSONScanner) throws -> Result
  ) throws -> Result {
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    var scanner = JSONScanner(Array(bytes), in: (hasMark ? 3 : 0)..<bytes.count)
    do {
      let result = try body(&scanner)
      try scanner.finish()
      return result
    } catch let error as JSONSyntaxError {
      throw TokenizerError.notJSON(file: file, offset: error.offset, problem: error.problem)
    }
  }

  /// Checks that a value of this kind comes next.
  private static func expect(
    _ kind: JSONScanner.Kind, _ expected: String, _ scanner: inout JSONScanner, file: String
  ) throws {
    let found = try scanner.kind()
    guard found == kind else {
      throw TokenizerError.malformed(
        file: file, place: "at byte \(scanner.at)", expected: expected, found: found.rawValue)
    }
  }

  private static func readVocabulary(_ scanner: inout JSONScanner, file: String) throws -> TokenTable {
    var vocabulary = TokenTable(expecting: expectedTokens, bytes: 1 << 19)
    try expect(.object, "an object from token to id", &scanner, file: file)
    try scanner.open("{")
    var isFirst = true
    while try scanner.next(isFirst: &isFirst, closing: "}") {
      var id = 0
      let refusal = try vocabulary.insert { text in
        try scanner.string(into: &text)
        try scanner.colon(after: "the token")
        try expect(.number, "a token id", &scanner, file: file)
        let start = scanner.at
        guard let whole = try scanner.integer(), abs(whole) < 1_000_000_000 else {
          throw TokenizerError.malformed(
            file: file, place: "at byte \(start)", expected: "a token id", found: "another number")
        }
        id = whole
        return id
      }
      if let refusal {
        throw TokenizerError.malformed(
          file: file, place: "for token \(vocabulary.count) of the vocabulary", expected: refusal.expected,
          found: "id \(id)")
      }
    }
    return vocabulary
  }

  /// `merges.txt`: a pair of tokens a line, the first merge first.
  static func readMerges(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabulary: TokenTable, file: String
  ) throws -> MergeTable {
    // Without merges every text would quietly become single letters; who has none writes the line of the version.
    guard !bytes.isEmpty else {
      throw TokenizerError.malformed(
        file: file, place: "from line 1 on", expected: "merges: two tokens a line", found: "an empty file")
    }
    var list = MergeList(vocabulary: vocabulary, file: file, unit: "line")
    try TextLines.forEach(bytes) { number, line in
      guard !line.isEmpty, !line.starts(with: "#version".utf8) else { return }
      try list.add(line, at: number)
    }
    try list.requireAllWords()
    return list.merges
  }

  /// `tokenizer.json`: vocabulary and merges under `model`, with merges as `"a b"` or `["a", "b"]`.
  static func readTokenizer(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> TokenizerFiles {
    try scan(bytes, file: file) { scanner in
      try expect(.object, "a tokenizer", &scanner, file: file)
      try scanner.open("{")
      var addedTokens: [DeclaredToken] = []
      var model: (vocabulary: TokenTable, merges: MergeTable)?
      var isFirst = true
      while let key = try scanner.nextKey(isFirst: &isFirst) {
        switch key {
        case "added_tokens":
          addedTokens = try DeclaredToken.readList(scanner.text(in: scanner.skipValue()), file: file)
        case "model": model = try readModel(&scanner, file: file)
        default: try scanner.skipValue()
        }
      }
      guard let model else {
        throw TokenizerError.malformed(
          file: file, place: "at the top", expected: "the key \"model\"", found: "no such key")
      }
      return TokenizerFiles(vocabulary: model.vocabulary, merges: model.merges, addedTokens: addedTokens)
    }
  }

  private static func readModel(
    _ scanner: inout JSONScanner, file: String
  ) throws -> (vocabulary: TokenTable, merges: MergeTable) {
    var vocabulary: TokenTable?
    var mergesPosition: Int?
    try expect(.object, "an object with the vocabulary and the merges", &scanner, file: file)
    try scanner.open("{")
    var isFirst = true
    while let key = try scanner.nextKey(isFirst: &isFirst) {
      let kind = try scanner.kind()
      switch key {
      case "vocab" where kind == .object: vocabulary = try readVocabulary(&scanner, file: file)
      case "merges":
        // It may stand before the vocabulary that it needs.
        mergesPosition = scanner.at
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
    mergeScanner.rewind(to: mergesPosition)
    return (vocabulary, try readMergeList(&mergeScanner, vocabulary: vocabulary, file: file))
  }

  private static func require(
    _ scanner: inout JSONScanner, _ key: String, _ value: String, or other: String?, file: String
  ) throws {
    let found = scanner.text(in: try scanner.skipValue())
    guard found == value || found == other else {
      throw TokenizerError.unsupported(
        file: file, key: "model.\(key)", expected: value, found: String(found.prefix(60)))
    }
  }

  private static func readMergeList(
    _ scanner: inout JSONScanner, vocabulary: TokenTable, file: String
  ) throws -> MergeTable {
    var list = MergeList(vocabulary: vocabulary, file: file, unit: "merge")
    try expect(.array, "an array of merges", &scanner, file: file)
    try scanner.open("[")
    var isFirst = true
    var number = 0
    var text: [UInt8] = []
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      text.removeAll(keepingCapacity: true)
      if scanner.byte == UInt8(ascii: "[") {
        let middle = try readPair(&scanner, into: &text, file: file)
        try text.withUnsafeBufferPointer { text in
          try list.add(
            UnsafeBufferPointer(rebasing: text[..<middle]), UnsafeBufferPointer(rebasing: text[middle...]),
            at: number)
        }
      } else {
        try expect(.string, "a merge: a string or a pair of strings", &scanner, file: file)
        try scanner.string(into: &text)
        try text.withUnsafeBufferPointer { try list.add($0, at: number) }
      }
      number += 1
    }
    return list.merges
  }

  /// Reads `["a", "b"]` and returns the length of the first.
  private static func readPair(
    _ scanner: inout JSONScanner, into text: inout [UInt8], file: String
  ) throws -> Int {
    let start = scanner.at
    try scanner.open("[")
    var isFirst = true
    var ends: [Int] = []
    while try scanner.next(isFirst: &isFirst, closing: "]") {
      try scanner.string(into: &text)
      ends.append(text.count)
    }
    guard ends.count == 2 else {
      throw TokenizerError.malformed(
        file: file, place: "at byte \(start)", expected: "two tokens of a merge", found: "\(ends.count)")
    }
    return ends[0]
  }
}
