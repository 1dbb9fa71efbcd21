/// The inflected forms of English words, by the common rules of spelling.
///
/// Irregular words are given with their forms; what the rules make of a rare word may be wrong, and is then an alternative
/// that no caption has.
enum WordForms {
  /// What a word can be inflected as.
  enum PartOfSpeech: String, CaseIterable, Sendable {
    /// Singular and plural.
    case noun
    /// The base, the third person, the -ing form and the past.
    case verb
    /// The word alone.
    case word
  }

  /// The forms of a word; `given` are its first ones, such as `man`, `men`, and the rules make the rest.
  static func forms(_ part: PartOfSpeech, given: [String]) -> [String] {
    guard let base = given.first, !base.isEmpty else { return [] }
    let ruled =
      switch part {
      case .noun: [base, plural(base)]
      case .verb: [base, withS(base), withIng(base), withEd(base)]
      case .word: [base]
      }
    return Array(given.prefix(ruled.count) + ruled.dropFirst(given.count))
  }

  static func plural(_ noun: String) -> String {
    if noun.hasSuffix("man"), noun.count > 3 { return noun.dropLast(3) + "men" }
    return withS(noun)
  }

  static func withS(_ word: String) -> String {
    if ["s", "x", "z", "ch", "sh"].contains(where: word.hasSuffix) { return word + "es" }
    if endsInConsonantAndY(word) { return word.dropLast() + "ies" }
    return word + "s"
  }

  static func withIng(_ verb: String) -> String {
    if verb.hasSuffix("ie") { return verb.dropLast(2) + "ying" }
    if verb.hasSuffix("e"), !verb.hasSuffix("ee") { return verb.dropLast() + "ing" }
    return doubled(verb) + "ing"
  }

  static func withEd(_ verb: String) -> String {
    if verb.hasSuffix("e") { return verb + "d" }
    if endsInConsonantAndY(verb) { return verb.dropLast() + "ied" }
    return doubled(verb) + "ed"
  }

  private static func isVowel(_ letter: Character) -> Bool { "aeiou".contains(letter) }

  private static func endsInConsonantAndY(_ word: String) -> Bool {
    guard word.last == "y", let before = word.dropLast().last else { return false }
    return !isVowel(before)
  }

  /// A verb of one syllable that ends in consonant, vowel, consonant doubles the last: `run`, `running`.
  private static func doubled(_ verb: String) -> String {
    let end = Array(verb.suffix(3))
    guard end.count == 3, !isVowel(end[0]), isVowel(end[1]), !isVowel(end[2]), !"wxy".contains(end[2])
    else { return verb }
    let syllables = verb.split(whereSeparator: { !isVowel($0) }).count
    return syllables == 1 ? verb + String(end[2]) : verb
  }
}
