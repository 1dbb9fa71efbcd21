import Files

/// Takes out of a caption what says nothing about its image.
enum Simplification {
  private static let beginnings: [[String]] = [
    ["there", "is"], ["there", "are"], ["there's"], ["this", "is"], ["these", "are"], ["here", "is"],
    ["in", "this", "picture"], ["in", "this", "photo"], ["in", "this", "image"], ["we", "see"],
    ["we", "can", "see"],
  ]
  private static let pictures: Set<String> = [
    "picture", "photo", "photograph", "image", "shot", "view", "snapshot", "close-up", "closeup",
  ]
  private static let fillers: [[String]] = [
    ["what", "appears", "to", "be"], ["what", "looks", "like"], ["some", "kind", "of"],
    ["some", "sort", "of"],
    ["very"], ["really"], ["quite"], ["extremely"], ["rather"],
  ]

  /// The sentence without needless words; the same where there are none.
  static func apply(to sentence: Sentence) -> Sentence {
    var sentence = sentence
    dropBeginning(&sentence)
    let words = Set(sentence.words)
    for filler in fillers where words.contains(filler[0]) { drop(filler, from: &sentence) }
    dropRelatives(&sentence)
    dropAuxiliary(&sentence)
    return sentence
  }

  /// "There is a", "a picture of a".
  private static func dropBeginning(_ sentence: inout Sentence) {
    let words = sentence.words
    if let beginning = beginnings.first(where: { words.starts(with: $0) }), words.count > beginning.count + 2,
      // "There is no dog", "there is not".
      !["no", "not"].contains(words[beginning.count])
    {
      sentence.tokens.removeFirst(beginning.count)
    }
    let rest = sentence.words
    let start = ["a", "an", "the"].contains(rest.first) ? 1 : 0
    for length in start..<min(start + 3, rest.count) {
      guard length + 2 < rest.count, pictures.contains(rest[length]), rest[length + 1] == "of" else {
        continue
      }
      sentence.tokens.removeFirst(length + 2)
      return
    }
  }

  private static func drop(_ filler: [String], from sentence: inout Sentence) {
    var index = 0
    while index + filler.count < sentence.tokens.count {
      if sentence.words[index...].starts(with: filler),
        sentence.tokens[index..<index + filler.count].allSatisfy({ $0.before.isEmpty && $0.after.isEmpty })
      {
        sentence.tokens.removeSubrange(index..<index + filler.count)
      } else {
        index += 1
      }
    }
  }

  private static let relatives: Set<String> = ["who", "that", "which"]

  /// "A man who is wearing a hat": "a man wearing a hat".
  private static func dropRelatives(_ sentence: inout Sentence) {
    var index = 1
    guard !relatives.isDisjoint(with: sentence.words) else { return }
    while index + 2 < sentence.tokens.count {
      let words = sentence.words
      if relatives.contains(words[index]), ["is", "are"].contains(words[index + 1]),
        Grammar.isGerund(words[index + 2]), sentence.tokens[index - 1].after.isEmpty
      {
        sentence.tokens.removeSubrange(index...index + 1)
      } else {
        index += 1
      }
    }
  }

  /// "A dog is running": "a dog running", once and only of the first verb.
  private static func dropAuxiliary(_ sentence: inout Sentence) {
    let words = sentence.words
    guard let index = words.firstIndex(where: { $0 == "is" || $0 == "are" }), index > 0,
      index + 2 < words.count,
      Grammar.isGerund(words[index + 1]), sentence.tokens[index - 1].after.isEmpty,
      // A sentence with more verbs would lose its grammar.
      !words[(index + 2)...].contains(where: { $0 == "is" || $0 == "are" || $0 == "who" || $0 == "that" })
    else { return }
    sentence.tokens.remove(at: index)
  }
}
