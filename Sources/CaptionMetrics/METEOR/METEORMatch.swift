/// Words of a candidate that a matcher found to mean the same as words of a reference.
struct METEORMatch: Equatable, Sendable {
  /// The matchers, in the order in which they are asked.
  enum Matcher: Int, CaseIterable, Sendable {
    case exact
    case stem
    case synonym
    case paraphrase
    /// A paraphrase whose entry in the table is the candidate's, not the reference's.
    case reverseParaphrase

    /// The matcher in the counts.
    var module: Int { min(rawValue, 3) }
  }

  var matcher: Matcher
  /// The first word in the candidate, and how many.
  var candidateStart: Int32
  var candidateLength: Int32
  /// The first word in the reference, and how many.
  var referenceStart: Int32
  var referenceLength: Int32
  /// What decides the order of matches of one matcher that begin at the same word of the reference.
  var order: UInt64

  /// Three numbers as one that compares as they do, the first counting most. In captions of more than two million
  /// words the largest count as equal.
  static func order(_ first: Int32, _ second: Int32 = 0, _ third: Int32 = 0) -> UInt64 {
    let limit: Int32 = 1 << 21 - 1
    return UInt64(min(first, limit)) << 42 | UInt64(min(second, limit)) << 21 | UInt64(min(third, limit))
  }

  /// Whether the match comes first in the order in which METEOR 1.5 tries them.
  @inline(__always)
  func isBefore(_ other: METEORMatch) -> Bool {
    if referenceStart != other.referenceStart { return referenceStart < other.referenceStart }
    if matcher != other.matcher { return matcher.rawValue < other.matcher.rawValue }
    return order < other.order
  }
}

/// Where a phrase of the tables stands in a caption.
struct PhrasePlace: Sendable {
  var phrase: UInt32
  var start: Int32
  var length: Int32
  /// Places of phrases that come first in the order of their words' bytes have lower ranks.
  var rank: Int32 = 0

  /// All phrases of the tables in a caption.
  static func all(in words: ArraySlice<Int32>, _ lexicon: METEORLexicon, _ table: METEORTable)
    -> [PhrasePlace]
  {
    var places: [PhrasePlace] = []
    for start in words.indices {
      var phrase: UInt32 = 0
      for end in start..<words.endIndex {
        let word = lexicon.tableWords[Int(words[end])]
        guard word != .max, let longer = table.phrase(phrase, then: word) else { break }
        phrase = longer
        places.append(
          PhrasePlace(
            phrase: phrase, start: Int32(truncatingIfNeeded: start - words.startIndex),
            length: Int32(truncatingIfNeeded: end - start + 1)))
      }
    }
    return places
  }

  /// Gives places in `words` their ranks.
  static func rank(
    _ places: inout [PhrasePlace], in words: ArraySlice<Int32>, _ lexicon: METEORLexicon
  ) {
    func phrase(_ place: PhrasePlace) -> some Sequence<UInt32> {
      let start = words.startIndex + Int(place.start)
      return words[start..<(start + Int(place.length))].lazy.map { lexicon.tableWords[Int($0)] }
    }
    let sorted = places.indices.sorted { phrase(places[$0]).lexicographicallyPrecedes(phrase(places[$1])) }
    var rank: Int32 = 0
    for (index, place) in sorted.enumerated() {
      if index > 0, places[place].phrase != places[sorted[index - 1]].phrase { rank += 1 }
      places[place].rank = rank
    }
  }
}
