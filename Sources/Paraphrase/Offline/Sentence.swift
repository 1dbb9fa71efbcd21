/// A caption as words with the punctuation around them.
struct Sentence: Sendable, Equatable {
  /// A word.
  struct Token: Sendable, Equatable {
    /// What stands before it: quotes, brackets.
    var before = ""
    /// The word in lower case, but for one that is not only capitalized.
    var word: String
    /// What stands behind it.
    var after = ""
  }

  var tokens: [Token]
  /// The punctuation at the end, with the blank before it where there was one.
  var ending: String
  /// Whether the first letter is a capital.
  var isCapitalized: Bool

  init(_ text: String) {
    var body = Substring(text)
    while let last = body.last, ".!?;, ".contains(last) { body.removeLast() }
    ending = String(text[body.endIndex...])
    isCapitalized = body.first(where: \.isLetter)?.isUppercase ?? false
    tokens = body.split(separator: " ").map { part in
      let word = part.drop { !$0.isLetter && !$0.isNumber }
      var core = word
      while let last = core.last, !last.isLetter && !last.isNumber { core.removeLast() }
      return Token(
        before: String(part[part.startIndex..<word.startIndex]), word: String(core),
        after: String(word[core.endIndex...]))
    }
    // Of the first word only names keep their capital, and of those nothing is known.
    if let first = tokens.first?.word, Grammar.isOrdinary(first.lowercased()) || first.count == 1 {
      tokens[0].word = first == "I" ? first : first.lowercased()
    }
  }

  /// The words in lower case.
  var words: [String] { tokens.map { $0.word.lowercased() } }

  /// The text, with a and an as the next word wants them.
  var text: String {
    var tokens = tokens
    for index in tokens.indices.dropLast() where tokens[index].after.isEmpty {
      let word = tokens[index].word
      guard word == "a" || word == "an", tokens[index + 1].before.isEmpty else { continue }
      tokens[index].word = Grammar.wantsAn(tokens[index + 1].word) ? "an" : "a"
    }
    var text = tokens.map { $0.before + $0.word + $0.after }.joined(separator: " ") + ending
    if isCapitalized, let first = text.firstIndex(where: \.isLetter) {
      text.replaceSubrange(first...first, with: text[first].uppercased())
    }
    return text
  }
}

/// The little grammar that rewriting by rules needs.
enum Grammar {
  static let determiners: Set<String> = [
    "a", "an", "the", "this", "that", "these", "those", "some", "another", "each", "every", "both", "his",
    "her", "its",
    "their", "my", "your", "our", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "many",
    "several", "few", "one", "no", "any", "other", "all",
  ]
  static let prepositions: Set<String> = [
    "in", "on", "at", "by", "for", "with", "without", "from", "to", "into", "onto", "over", "under", "above",
    "below",
    "between", "among", "through", "across", "along", "around", "behind", "beside", "near", "off", "out",
    "outside",
    "inside", "up", "down", "upon", "toward", "towards", "against", "during", "after", "before", "past",
    "atop",
    "beneath", "underneath", "alongside", "of", "about", "as", "while", "and", "or", "but", "who", "that",
    "which",
  ]
  /// Adjectives beside those of ``WordSets``, so that the noun behind one is known for a noun.
  static let adjectives: Set<String> = [
    "red", "blue", "green", "yellow", "orange", "pink", "white", "black", "brown", "grey", "blond", "blonde",
    "golden",
    "silver", "dark", "light", "bright", "old", "new", "tall", "short", "high", "low", "wide", "narrow",
    "deep",
    "shallow", "hot", "cold", "open", "closed", "striped", "asian", "african", "american", "indian", "male",
    "female",
    "bearded", "smiling", "older", "younger", "same", "different", "single", "lone", "first", "second",
    "black-and-white",
    "athletic", "professional", "wild", "stuffed", "plastic", "stone", "brick", "concrete", "paved", "frozen",
    "icy",
  ]

  /// Words that end like a verb in -ing and are none.
  private static let notVerbs: Set<String> = [
    "during", "something", "nothing", "everything", "anything", "king", "ring", "string", "spring", "wing",
    "thing",
    "ceiling", "building", "evening", "morning", "clothing", "railing", "painting", "sibling", "wedding",
    "swing",
    "following", "pudding", "duckling", "earring", "being", "going", "interesting", "king-size", "bling",
    "icing",
    "crossing", "opening", "parking", "dining", "wrapping", "living",
  ]

  /// Whether a word looks like a verb in -ing.
  static func isGerund(_ word: String) -> Bool {
    word.count > 4 && word.hasSuffix("ing") && !notVerbs.contains(word)
  }

  /// Whether a word may lose its capital when it no longer begins the sentence.
  static func isOrdinary(_ word: String) -> Bool {
    determiners.contains(word) || prepositions.contains(word) || adjectives.contains(word)
      || Lexicon.builtIn.places[word] != nil || isGerund(word) || word == "there"
      || Lexicon.builtIn.has(word, .adjective)
  }

  /// Whether a noun may follow the word.
  static func opensNoun(_ word: String) -> Bool {
    determiners.contains(word) || prepositions.contains(word) || adjectives.contains(word)
      || Lexicon.builtIn.has(word, .adjective) || isGerund(word) || word == "is" || word == "are"
  }

  /// Whether a word is heard with a vowel at its beginning.
  static func wantsAn(_ word: String) -> Bool {
    let word = word.lowercased()
    if ["hour", "honest", "honor", "heir"].contains(where: word.hasPrefix) { return true }
    if ["uni", "use", "usu", "eu", "one", "once", "ukulele", "ute"].contains(where: word.hasPrefix) {
      return word.hasPrefix("unin") || word.hasPrefix("unim") || word.hasPrefix("unid")
    }
    return word.first.map { "aeiou8".contains($0) } ?? false
  }
}
