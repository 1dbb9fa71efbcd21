import Files

/// Puts words of ``WordSets`` for each other, where their part of speech is plain from the words around them.
struct WordExchange: Sendable {
  let lexicon: Lexicon

  /// A sentence with words exchanged.
  ///
  /// - Parameter choose: gets a set and the place of the word that stands there; the word to take, or nil to leave it.
  func apply(to sentence: Sentence, choose: (Lexicon.WordSet, Int) -> Int?) -> Sentence {
    var sentence = sentence
    let words = sentence.words
    var result: [Sentence.Token] = []
    var index = 0
    while index < words.count {
      let token = sentence.tokens[index]
      guard let (length, place) = match(at: index, in: words, sentence.tokens) else {
        result.append(token)
        index += 1
        continue
      }
      let set = lexicon.sets[place.set]
      if let choice = choose(set, place.word), set.words.indices.contains(choice),
        set.words[choice].forms.indices.contains(place.form), choice != place.word
      {
        let parts = set.words[choice].forms[place.form].split(separator: " ").map(String.init)
        for (offset, part) in parts.enumerated() {
          result.append(
            Sentence.Token(
              before: offset == 0 ? token.before : "", word: part,
              after: offset == parts.count - 1 ? sentence.tokens[index + length - 1].after : ""))
        }
      } else {
        result += sentence.tokens[index..<index + length]
      }
      index += length
    }
    sentence.tokens = result
    return sentence
  }

  /// The longest form that begins at a word and is what the words around it make it.
  private func match(
    at index: Int, in words: [String], _ tokens: [Sentence.Token]
  ) -> (length: Int, place: Lexicon.Place)? {
    // A capital within a sentence begins a name.
    if index > 0, tokens[index].word.first?.isUppercase == true { return nil }
    for length in stride(
      from: min(lexicon.longest[words[index]] ?? 1, words.count - index), through: 1, by: -1)
    {
      let range = index..<index + length
      guard tokens[range].dropLast().allSatisfy({ $0.after.isEmpty }) else { continue }
      for place in lexicon.places[length == 1 ? words[index] : words[range].joined(separator: " ")] ?? [] {
        let set = lexicon.sets[place.set]
        let ends = tokens[index + length - 1].after.contains { !"'\"".contains($0) }
        let next = ends || range.upperBound >= words.count ? nil : words[range.upperBound]
        let previous = index > 0 && tokens[index - 1].after.isEmpty ? words[index - 1] : nil
        if fits(set, form: place.form, previous: previous, next: next) { return (length, place) }
      }
    }
    return nil
  }

  private func fits(_ set: Lexicon.WordSet, form: Int, previous: String?, next: String?) -> Bool {
    switch set.partOfSpeech {
    case .noun:
      // "Hot dog", "cable car": only behind words that are known not to be half of a name.
      guard previous.map(Grammar.opensNoun) ?? true, previous != "hot" else { return false }
      // "To race", "is present".
      guard previous != "to", previous != "is", previous != "are" else { return false }
      return form == 1 || next.map { !isSecondHalf($0) } ?? true
    case .verb:
      // "A walk", "the jumps": behind a determiner, an adjective or a preposition it is a noun.
      let behind = previous ?? ""
      let isGerund = form == 2
      let isFree =
        !Grammar.determiners.contains(behind) && !Grammar.adjectives.contains(behind)
        && !lexicon.has(behind, .adjective)
        && (!Grammar.prepositions.contains(behind)
          || ["and", "while", "as", "who", "that", "which"].contains(behind)
          || isGerund || (form == 0 && behind == "to"))
      // The base form is told from a noun by "to" alone.
      guard previous != nil, isFree, form != 0 || behind == "to" else { return false }
      let isFollowedByObject = next.map { !Grammar.prepositions.contains($0) && !Self.isAdverb($0) } ?? false
      switch set.object {
      case .any: return true
      // "Looks like", "runs out of", "climbs down".
      case .none: return !isFollowedByObject && next != "like" && next != "for" && next != "of"
      case .some: return isFollowedByObject
      }
    case .adjective:
      // It stands before its noun; "a little bit" is another thing.
      guard let next, next != "bit", next != "of" else { return false }
      return previous.map { Grammar.opensNoun($0) && $0 != "to" } ?? true
        && !Grammar.prepositions.contains(next)
    case .adverb:
      // "Outside a house" has a preposition.
      return next.map { Grammar.prepositions.contains($0) && $0 != "of" } ?? true && previous != nil
    case .preposition: return next != nil
    }
  }

  /// Whether a word behind a singular noun makes one name of both, as in "beach volleyball": all but what is known to
  /// follow a noun, and what looks like a verb.
  private func isSecondHalf(_ word: String) -> Bool {
    !(Grammar.prepositions.contains(word) || Grammar.isGerund(word) || word.hasSuffix("s")
      || word.hasSuffix("ed")
      || Self.isAdverb(word) || lexicon.has(word, .verb) || lexicon.has(word, .adverb)
      || ["are", "can", "will", "holds", "with", "not", "where", "when"].contains(word)
      || Grammar.determiners.contains(word))
  }

  private static func isAdverb(_ word: String) -> Bool {
    word.hasSuffix("ly")
      || ["together", "outdoors", "indoors", "away", "back", "ahead", "nearby", "there"].contains(word)
  }
}
