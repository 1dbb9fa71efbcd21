/// Words by kind, such as animals and colours: what a word of a caption can be compared with.
///
/// ```
/// noun people: man/men guy, woman/women lady, boy child/children, girl child/children
/// ```
///
/// A kind holds groups with commas between. Words of one group can be true of the same thing, as *boy* and *child* can, and are
/// never alternatives of each other.
public struct WordKinds: Sendable {
  /// A word with its forms.
  struct Entry: Sendable {
    /// Singular and plural, or the forms of a verb.
    var forms: [String]
    /// The groups of its kind that it is in.
    var groups: Set<Int>
  }

  /// Words of one kind.
  struct Kind: Sendable {
    var name: String
    var part: WordForms.PartOfSpeech
    var entries: [Entry]
  }

  /// A form of a word: which kind, which of its words, which of the word's forms.
  struct Place: Sendable {
    var kind: Int
    var entry: Int
    var form: Int
  }

  private(set) var kinds: [Kind] = []
  private var places: [String: [Place]] = [:]

  /// No kinds: words are judged by leaving them out alone.
  public init() {}

  /// The kinds that come with Plumb: about 900 common English words.
  public static let builtIn: WordKinds = {
    var kinds = WordKinds()
    let text = String(decoding: PackageResources.kinds_txt, as: UTF8.self)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if let kind = Kind(line: String(line)) { kinds.add(kind) }
    }
    return kinds
  }()

  /// Adds a kind.
  mutating func add(_ kind: Kind) {
    let number = kinds.count
    kinds.append(kind)
    for (index, entry) in kind.entries.enumerated() {
      for (form, text) in entry.forms.enumerated()
      where entry.forms.firstIndex(of: text) == form {
        places[text, default: []].append(Place(kind: number, entry: index, form: form))
      }
    }
  }

  /// Adds kinds of a user's own; a word that is in one of them is compared with the words of those alone.
  public mutating func override(with others: WordKinds) {
    for word in others.places.keys { places[word] = nil }
    for kind in others.kinds { add(kind) }
  }

  /// The names of the kinds that a word is in; empty for a word that is in none.
  public func names(of word: String) -> [String] {
    (places[word] ?? []).map { kinds[$0.kind].name }
  }

  /// Whether a word in lower case is in a kind of nouns.
  func isNoun(_ word: String) -> Bool {
    places(of: word).contains { kinds[$0.kind].part == .noun }
  }

  /// Where a word is.
  func places(of word: String) -> [Place] { places[word] ?? [] }

  /// The groups that a word is in.
  func groups(of word: String) -> Set<Group> {
    var groups: Set<Group> = []
    for place in places(of: word) {
      groups.formUnion(
        kinds[place.kind].entries[place.entry].groups.map { Group(kind: place.kind, number: $0) })
    }
    return groups
  }

  /// A group of a kind.
  struct Group: Hashable, Sendable {
    var kind: Int
    var number: Int
  }

  /// Words that could stand in place of a word, in the same form: those of its kinds that share no group with it or with
  /// another word of the caption.
  ///
  /// - Parameters:
  ///   - word: in lower case.
  ///   - others: the other words of the caption, in lower case.
  public func alternatives(to word: String, beside others: some Sequence<String>) -> [String] {
    let mine = places(of: word)
    guard !mine.isEmpty else { return [] }
    var taken = groups(of: word)
    for other in others { taken.formUnion(groups(of: other)) }
    var seen: Set = [word]
    var alternatives: [String] = []
    for place in mine {
      for entry in kinds[place.kind].entries
      where !entry.groups.contains(where: { taken.contains(Group(kind: place.kind, number: $0)) }) {
        let form = entry.forms[min(place.form, entry.forms.count - 1)]
        if seen.insert(form).inserted { alternatives.append(form) }
      }
    }
    return alternatives
  }
}
