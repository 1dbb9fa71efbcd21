/// The words of a caption and where they stand in it.
struct CaptionWords: Sendable {
  /// A word of a caption.
  struct Word: Sendable, Equatable {
    /// As it stands in the caption, without a possessive ending.
    let text: String
    /// In lower case, with a plain apostrophe.
    let key: String
    /// Where it stands.
    let range: Range<String.Index>
    /// The same with its possessive ending.
    let wholeRange: Range<String.Index>

    /// Whether it names something that an image could show.
    var isContent: Bool { !FunctionWords.contains(key) }
  }

  /// The caption.
  let caption: String
  /// Its words, from first to last: letters and digits, with hyphens and apostrophes between them.
  let words: [Word]

  /// Finds the words of a caption.
  init(_ caption: String) {
    self.caption = caption
    var words: [Word] = []
    var start = caption.startIndex
    while start < caption.endIndex {
      guard Self.isLetter(caption[start]) else {
        start = caption.index(after: start)
        continue
      }
      let end = Self.end(of: caption, from: start)
      words.append(Self.word(of: caption, in: start..<end))
      start = end
    }
    self.words = words
  }

  /// The caption without a word and without the blanks that would stand double.
  func removing(_ index: Int) -> String {
    guard words.indices.contains(index) else { return caption }
    let range = words[index].wholeRange
    var before = caption[..<range.lowerBound]
    var after = caption[range.upperBound...]
    while before.last?.isWhitespace == true { before.removeLast() }
    while after.first?.isWhitespace == true { after.removeFirst() }
    let isTight = before.isEmpty || after.isEmpty || after.first?.isPunctuation == true
    return before + (isTight ? "" : " ") + after
  }

  /// The caption with another word in place of one, in its case.
  func replacing(_ index: Int, by other: String) -> String {
    guard words.indices.contains(index) else { return caption }
    let word = words[index]
    let isCapitalized = word.text.first?.isUppercase == true
    let text = isCapitalized ? other.prefix(1).uppercased() + other.dropFirst() : other
    return caption[..<word.range.lowerBound] + text + caption[word.range.upperBound...]
  }

  private static func isLetter(_ character: Character) -> Bool { character.isLetter || character.isNumber }

  private static func end(of caption: String, from start: String.Index) -> String.Index {
    var end = start
    while end < caption.endIndex {
      let next = caption.index(after: end)
      if isLetter(caption[end]) {
        end = next
      } else if "-'’".contains(caption[end]), next < caption.endIndex, isLetter(caption[next]) {
        end = next
      } else {
        break
      }
    }
    return end
  }

  private static func word(of caption: String, in whole: Range<String.Index>) -> Word {
    var text = caption[whole]
    for ending in ["'s", "’s", "'S", "’S"] where text.hasSuffix(ending) && text.count > 2 {
      let key = text.lowercased().replacing("’", with: "'")
      // it's, that's and their like are function words as a whole.
      if !FunctionWords.contains(key) { text = text.dropLast(2) }
    }
    return Word(
      text: String(text), key: text.lowercased().replacing("’", with: "'"),
      range: text.startIndex..<text.endIndex, wholeRange: whole)
  }
}
