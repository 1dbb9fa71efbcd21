/// A word of ``WordSets`` with its forms: singular and plural of a noun; base, -s, -ing and past of a verb.
struct WordForms: Sendable, Equatable {
  /// The forms, in lower case; one for words that do not change.
  let forms: [String]

  init(_ entry: Substring, partOfSpeech: PartOfSpeech) {
    var forms = entry.split(separator: "/").map { String($0).replacing("_", with: " ") }
    let base = forms.first ?? ""
    switch partOfSpeech {
    case .noun where forms.count == 1: forms.append(Self.plural(base))
    case .verb where forms.count == 1: forms += [Self.third(base), Self.gerund(base), Self.past(base)]
    default: break
    }
    self.forms = forms
  }

  static func plural(_ word: String) -> String { third(word) }

  private static func third(_ word: String) -> String {
    if endsInConsonantY(word) { return word.dropLast() + "ies" }
    if ["s", "x", "z", "ch", "sh"].contains(where: word.hasSuffix) { return word + "es" }
    return word + "s"
  }

  private static func gerund(_ word: String) -> String {
    if word.hasSuffix("e"), !word.hasSuffix("ee") { return word.dropLast() + "ing" }
    return word + "ing"
  }

  private static func past(_ word: String) -> String {
    if endsInConsonantY(word) { return word.dropLast() + "ied" }
    return word + (word.hasSuffix("e") ? "d" : "ed")
  }

  private static func endsInConsonantY(_ word: String) -> Bool {
    word.hasSuffix("y") && word.dropLast().last.map { !"aeiou".contains($0) } == true
  }
}

/// What a word is in its sentence.
enum PartOfSpeech: String, Sendable {
  case noun, verb, adjective, adverb, preposition
}

/// The sets of ``WordSets``, found by their words' forms.
struct Lexicon: Sendable {
  /// Whether a verb's set wants an object behind it.
  enum Object: Sendable, Equatable {
    case any, none, some
  }

  /// Words that may stand for each other; the first is the plain one.
  struct WordSet: Sendable {
    let partOfSpeech: PartOfSpeech
    let object: Object
    let words: [WordForms]
  }

  /// Where a form stands.
  struct Place: Sendable, Equatable {
    let set: Int
    let word: Int
    let form: Int
  }

  let sets: [WordSet]
  /// The places of each form.
  let places: [String: [Place]]
  /// The most words that a form has, by its first word; absent where that is one.
  let longest: [String: Int]

  /// The built-in words.
  static let builtIn = Lexicon(WordSets.text)

  init(_ text: String) {
    var sets: [WordSet] = []
    var places: [String: [Place]] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts.count > 2 else { continue }
      let kind = parts[0].split(separator: "-")
      guard let name = kind.first, let partOfSpeech = PartOfSpeech(rawValue: String(name)) else { continue }
      let object: Object = kind.count < 2 ? .any : kind[1] == "t" ? .some : .none
      let entries = parts.dropFirst()
      let words = entries.map { entry in
        WordForms(entry.hasSuffix("+") ? entry.dropLast() : entry, partOfSpeech: partOfSpeech)
      }
      for (word, forms) in words.enumerated() where !entries[word + 1].hasSuffix("+") {
        for (form, text) in forms.forms.enumerated() {
          places[text, default: []].append(Place(set: sets.count, word: word, form: form))
        }
      }
      sets.append(WordSet(partOfSpeech: partOfSpeech, object: object, words: words))
    }
    self.sets = sets
    self.places = places
    var longest: [String: Int] = [:]
    for form in places.keys {
      let words = form.split(separator: " ")
      guard words.count > 1 else { continue }
      longest[String(words[0])] = max(longest[String(words[0])] ?? 0, words.count)
    }
    self.longest = longest
  }

  /// Whether some set has the text as this part of speech.
  func has(_ text: String, _ partOfSpeech: PartOfSpeech) -> Bool {
    places[text]?.contains { sets[$0.set].partOfSpeech == partOfSpeech } ?? false
  }
}
