import TextProcessing

/// Which words may come next, by the rules of ``GenerationOptions``.
struct WordRules: Sendable {
  let prefix: [Int32]
  private let never: [Int32]
  private let endings: Set<Int32>
  private let required: Set<Int32>
  private let minLength: Int
  private let nGram: Int?

  /// Looks the words up.
  ///
  /// - Parameter maxLength: the most words of a caption, its end counted as one.
  /// - Throws: ``CaptioningError/unknownWord(word:nearest:)``; ``CaptioningError/badOption(name:expected:found:)`` for rules that
  ///   contradict each other.
  init(_ options: GenerationOptions, _ vocabulary: CaptionVocabulary, maxLength: Int) throws {
    func number(_ word: String) throws -> Int32 {
      let number = vocabulary[word.lowercased()]
      guard number > CaptionVocabulary.unknown else {
        throw CaptioningError.unknownWord(word: word, nearest: NearestName.of(word, among: vocabulary.words))
      }
      return number
    }
    let banned = try Set(options.bannedWords.sorted().map { try Self.banned($0, vocabulary) })
    // Words that are not known never occur anyway.
    never = CaptionVocabulary.neverWritten + banned.filter { $0 > CaptionVocabulary.unknown }.sorted()
    endings = Set(options.forbiddenEndings.map { vocabulary[$0.lowercased()] })
    required = Set(try options.requiredWords.sorted().map(number))
    prefix = try PTBTokenizer().tokenize(options.prefix).map(number)
    minLength = options.minLength
    nGram = options.noRepeatNGram
    for (name, words) in [
      ("a word that must occur", Array(required).sorted()), ("a word of the prefix", prefix),
    ] {
      guard let word = words.first(where: never.contains) else { continue }
      throw CaptioningError.badOption(
        name: name, expected: "none of the words that must not occur",
        found: "\"\(vocabulary.text(of: [word]))\"")
    }
    let fixed = prefix.count + missing(in: prefix).count
    guard fixed == 0 || fixed < maxLength else {
      throw CaptioningError.badOption(
        name: "the greatest length",
        expected: "more than the \(fixed) words that must occur, for the end counts as one",
        found: "\(maxLength)")
    }
  }

  /// The number of a word that must not occur. What the tokenizer would split is never a word of a caption, and would be banned in vain.
  private static func banned(_ word: String, _ vocabulary: CaptionVocabulary) throws -> Int32 {
    let known = vocabulary[word.lowercased()]
    guard known == CaptionVocabulary.unknown else { return known }
    let parts = PTBTokenizer().tokenize(word)
    guard parts.count < 2 else {
      throw CaptioningError.badOption(
        name: "a word that must not occur", expected: "one word",
        found: "\"\(word)\", which captions have as \(parts.map { "\"\($0)\"" }.joined(separator: " and "))")
    }
    return parts.first.map { vocabulary[$0] } ?? known
  }

  /// How many words must occur.
  var requiredCount: Int { required.count }

  /// Words that must still occur.
  func missing(in words: [Int32]) -> Set<Int32> { required.isEmpty ? [] : required.subtracting(words) }

  /// Calls `ban` with every word that must not follow some words.
  func forEachBanned(after words: [Int32], _ ban: (Int32) -> Void) {
    never.forEach(ban)
    if words.count < prefix.count || words.count < minLength || words.last.map(endings.contains) == true
      || !missing(in: words).isEmpty
    {
      ban(CaptionVocabulary.end)
    }
    guard let nGram, words.count >= nGram else { return }
    // A word that would repeat an n-gram: it stood behind the same n − 1 words before.
    let tail = words.suffix(nGram - 1)
    for start in 0...(words.count - nGram) where words[start..<(start + nGram - 1)].elementsEqual(tail) {
      ban(words[start + nGram - 1])
    }
  }
}
