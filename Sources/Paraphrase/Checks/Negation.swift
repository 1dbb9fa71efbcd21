/// Whether a caption says that something is not so.
enum Negation {
  private static let words: Set<String> = [
    "no", "not", "never", "without", "none", "nobody", "nothing", "nowhere", "neither", "nor", "cannot",
  ]
  /// Words that say the same without a "not": "a man without a shirt" is "a shirtless man".
  private static let equivalents: Set<String> = [
    "lack", "lacks", "lacking", "missing", "absent", "absence", "devoid", "free", "bare", "barefoot", "empty",
    "void",
    "minus", "fail", "fails", "failing", "failed", "refuses", "refusing", "unable", "naked", "nude", "hardly",
    "barely", "except", "topless", "instead",
  ]

  /// Whether the text has a "not" of some kind.
  static func isIn(_ words: Words) -> Bool {
    words.list.contains { Self.words.contains($0) || $0.hasSuffix("n't") }
  }

  /// Whether the text has one, or a word that means one.
  static func isKept(in words: Words) -> Bool {
    isIn(words)
      || words.list.contains {
        equivalents.contains($0) || $0.hasSuffix("less") || $0.hasPrefix("un") || $0.hasPrefix("non")
          || $0.hasPrefix("bare")
      }
  }
}
