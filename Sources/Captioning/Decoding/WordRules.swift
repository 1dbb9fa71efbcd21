import TextProcessing

/// Which words may come next, by the rules of ``GenerationOptions``.
struct WordRules: Sendable {
  let prefix: [Int32]
  private let never: [Int32]
  private let endings: Set<Int32>
  private let required: Set<Int32>
  private let minLength: Int
  private let nGram: Int?

  /// Looks the words up. Throws ``CaptioningError/unknownWord(word:nearest:)``.
  init(_ options: GenerationOptions, _ vocabulary: CaptionVocabulary) throws {
    func number(_ word: String) throws -> Int32 {
      let number = vocabulary[word.lowercased()]
      guard number != CaptionVocabulary.unknown else {
        throw CaptioningError.unknownWord(word: word, nearest: NearestName.of(word, among: vocabulary.words))
      }
      return number
    }
    // Words that are not known never occur anyway.
    never =
      CaptionVocabulary.neverWritten
      + options.bannedWords.map { vocabulary[$0.lowercased()] }.filter { $0 > CaptionVocabulary.unknown }
      .sorted()
    endings = Set(options.forbiddenEndings.map { vocabulary[$0.lowercased()] })
    required = Set(try options.requiredWords.map(number))
    prefix = try PTBTokenizer().tokenize(options.prefix).map(number)
    minLength = options.minLength
    nGram = options.noRepeatNGram
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
