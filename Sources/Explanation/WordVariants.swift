/// A caption with the variants of it that tell how well an image supports each word.
struct WordVariants {
  /// A content word with its alternatives.
  struct ContentWord {
    /// Which of the caption's words.
    let index: Int
    /// The word in lower case.
    let key: String
    /// Words of its kind that could stand in its place.
    var alternatives: [String]
  }

  let words: CaptionWords
  var content: [ContentWord] = []

  /// Finds the content words of a caption and their alternatives.
  init(_ caption: String, kinds: WordKinds) {
    words = CaptionWords(caption)
    for (index, word) in words.words.enumerated() where word.isContent {
      let others = words.words.enumerated().lazy.filter { $0.offset != index }.map(\.element.key)
      content.append(
        ContentWord(
          index: index, key: word.key, alternatives: kinds.alternatives(to: word.key, beside: others)))
    }
  }

  /// The caption, then for each content word the caption without it and with each of its alternatives.
  var texts: [String] {
    [words.caption]
      + content.flatMap { word in
        [words.removing(word.index)] + word.alternatives.map { words.replacing(word.index, by: $0) }
      }
  }

  /// The beginnings of the caption that end with each content word.
  var beginnings: [String] {
    content.map { String(words.caption[..<words.words[$0.index].range.upperBound]) }
  }
}
