import Files

/// Moves the place at the end of a caption to its beginning: "A dog runs in the park", "In the park, a dog runs".
enum PhraseOrder {
  /// What may begin the place.
  private static let openings: [[String]] = [
    ["in", "front", "of"], ["on", "top", "of"], ["next", "to"], ["close", "to"], ["in"], ["on"], ["near"],
    ["beside"],
    ["under"], ["beneath"], ["underneath"], ["through"], ["along"], ["across"], ["behind"], ["outside"],
    ["inside"],
    ["during"], ["atop"], ["alongside"], ["amid"], ["by"], ["at"],
  ]
  /// Verbs that belong together with the preposition behind them.
  private static let bound: Set<String> = [
    "look", "looks", "looking", "gaze", "gazes", "gazing", "stare", "stares", "staring", "smile", "smiles",
    "smiling",
    "point", "points", "pointing", "wave", "waves", "waving", "laugh", "laughs", "laughing", "put", "puts",
    "putting",
    "try", "tries", "trying", "focus", "focuses", "chew", "chews", "chewing", "work", "works", "working",
    "turn",
    "turns", "turning", "dressed", "clad", "covered", "followed", "surrounded", "held", "pulled", "led",
    "ridden",
    "interested", "engaged", "bites", "biting", "wearing", "wears", "pulling", "pulls", "tugging", "tugs",
    "leaning",
    "leans", "depends", "aimed", "aiming", "throws", "throwing", "barks", "barking", "is", "are", "was",
    "were",
  ]

  /// What needs no article to be a place.
  private static let stuff: Set<String> = [
    "snow", "water", "grass", "sand", "mud", "ice", "mountains", "woods", "hills", "rocks", "leaves", "waves",
    "trees",
    "traffic", "winter", "summer", "rain", "sunlight", "dirt", "pavement", "gravel", "concrete", "stage",
    "midair",
  ]
  private static let clothes: Set<String> = [
    "shirt", "shirts", "dress", "dresses", "jacket", "jackets", "hat", "hats", "coat", "coats", "uniform",
    "uniforms",
    "outfit", "outfits", "suit", "suits", "costume", "costumes", "shorts", "pants", "clothes", "clothing",
    "gear",
    "sweater", "sweaters", "swimsuit", "swimsuits", "cap", "helmet", "helmets", "gown", "vest", "trunks",
    "t-shirt",
    "wetsuit", "bikini", "attire", "hoodie", "robe", "robes", "skirt", "jersey", "top", "jeans", "glasses",
    "goggles",
    "half", "front", "background", "way", "time",
  ]

  /// The sentence with its last place in front, or nil where nothing shows that this keeps its meaning.
  static func placeFirst(_ sentence: Sentence) -> Sentence? {
    let words = sentence.words
    guard let start = place(in: words), let verb = verb(in: words), verb < start else { return nil }
    let place = sentence.tokens[start...]
    let rest = sentence.tokens[..<start]
    // What is quoted, in brackets or set apart by commas stays where it is.
    guard sentence.tokens.allSatisfy({ $0.before.isEmpty && $0.after.isEmpty }) else { return nil }
    var moved = sentence
    moved.tokens = Array(place) + Array(rest)
    moved.tokens[place.count - 1].after = ","
    return moved
  }

  /// Where the last place begins.
  private static func place(in words: [String]) -> Int? {
    guard words.count >= 5 else { return nil }
    for start in stride(from: words.count - 2, through: 2, by: -1) {
      guard let opening = openings.first(where: { words[start...].starts(with: $0) }) else {
        // What is no place ends the search: "with a ball", "to catch it", "and".
        if Grammar.prepositions.contains(words[start]) && words[start] != "of" { return nil }
        if Grammar.isGerund(words[start]) { return nil }
        continue
      }
      // "On top of", "in front of" and the like are found from their end.
      if start > 0, words[start - 1] == "front" || words[start - 1] == "top" { continue }
      let noun = start + opening.count
      guard noun < words.count, words.count - start <= 7 else { return nil }
      let known: Set<String> = ["a", "an", "the", "some", "two", "three", "several", "many", "another"]
      let isBare = words.count - noun <= 2 && words.last.map(stuff.contains) == true
      guard known.contains(words[noun]) || isBare else { return nil }
      // "His", "her": they would come before the one they stand for.
      guard words[noun...].allSatisfy({ !["his", "her", "its", "their", "it", "him", "them"].contains($0) })
      else {
        return nil
      }
      // "In a red shirt" says who it is, not where.
      guard words.last.map(clothes.contains) == false else { return nil }
      guard !bound.contains(words[start - 1]),
        !["of", "another", "other", "each", "down", "up"].contains(words[start - 1])
      else { return nil }
      return start
    }
    return nil
  }

  /// Where the first verb stands; nil for a caption that names things only, whose last place belongs to a thing.
  private static func verb(in words: [String]) -> Int? {
    words.indices.dropFirst().first { index in
      let word = words[index]
      if Grammar.isGerund(word) { return !Grammar.determiners.contains(words[index - 1]) }
      guard word.hasSuffix("s") || word == "is" || word == "are" else { return word == "are" }
      return word == "is" || isThirdPerson(word, after: words[index - 1])
    }
  }

  private static func isThirdPerson(_ word: String, after previous: String) -> Bool {
    guard !Grammar.opensNoun(previous) else { return false }
    return Lexicon.builtIn.places[word]?.contains {
      Lexicon.builtIn.sets[$0.set].partOfSpeech == .verb && $0.form == 1
    } ?? false
      || ["sits", "stands", "plays", "rides", "swims", "walks", "does", "performs", "stops", "waits"]
        .contains(word)
  }
}
