/// Finds out whether captions are lists of words: a caption that was split into tokens looks like many references.
struct SingleWords {
  private var captions = 0
  private var words = 0
  private var example: String?

  /// Looks at the captions of each image.
  init(_ groups: some Sequence<[String]>) {
    for group in groups {
      captions += group.count
      // One caption of one word may be what was said; several of the same image are hardly ever.
      guard group.count > 1 else { continue }
      for caption in group where Self.isWord(caption) {
        words += 1
        example = example ?? caption
      }
    }
  }

  /// What to say, where most captions are single words.
  func warning(file: String) -> String? {
    guard words * 2 > captions, let example else { return nil }
    return
      "\(file): \(words) of \(captions) references are single words, such as \"\(example)\"; if each list is one caption "
      + "that was split into tokens, join its tokens with blanks, or put each caption into a list of its own"
  }

  /// Scripts that do not put blanks between words are not looked at.
  private static func isWord(_ caption: String) -> Bool {
    !caption.isEmpty && caption.utf8.count <= 24
      && caption.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.value < 0x0E00 }
  }
}
