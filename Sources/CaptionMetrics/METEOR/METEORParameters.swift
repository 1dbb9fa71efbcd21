/// METEOR 1.5's parameters for English (Denkowski and Lavie 2014, task `rank`).
enum METEORParameters {
  /// Precision against recall.
  static let alpha = 0.85
  /// The power of the fragmentation.
  static let beta = 0.2
  /// The largest penalty for fragmentation.
  static let gamma = 0.6
  /// Content words against function words.
  static let delta = 0.75

  /// What a match is worth, by its matcher.
  static let weights = [1.0, 0.6, 0.8, 0.6]

  /// What words of a match are worth in the search for an alignment.
  @inline(__always)
  static func wholeWeight(_ matcher: METEORMatch.Matcher, words: Int32) -> Int32 {
    switch matcher {
    case .exact: words
    // Five words come out just below 3 in the jar.
    case .stem, .paraphrase, .reverseParaphrase: (words * 3 - 1) / 5
    case .synonym: words * 4 / 5
    }
  }
}
