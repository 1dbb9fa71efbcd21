/// What shows in captions themselves whether a captioner collapses: repetition, missing ends, too few different captions.
///
/// Measured on the words as they were generated, before anything is removed or joined.
public struct CaptionQuality: Sendable, Equatable {
  /// The share of n-grams that repeat another of the same caption, 1 − distinct/all, for n = 1…4, over all captions.
  public var repetition: [Double] = []
  /// The share of captions that were cut at the greatest length.
  public var withoutEnd = 0.0
  /// The share of captions that end with an article, a preposition or the like.
  public var badEndings = 0.0
  /// The share of captions that are equal to an earlier one.
  public var identical = 0.0
  /// Distinct n-grams of all captions over all n-grams, for n = 1 and 2.
  public var distinct: [Double] = []
  /// The mean number of words.
  public var meanLength = 0.0
  /// The number of different words.
  public var vocabulary = 0

  /// - Parameter endings: the words that no sentence ends with.
  public init(_ captions: [GeneratedCaption], endings: Set<Int32>) {
    let count = Double(max(1, captions.count))
    for n in 1...4 {
      var (all, own) = (0, 0)
      var distinct: Set<[Int32]> = []
      for caption in captions where caption.words.count >= n {
        let grams = (0...(caption.words.count - n)).map { Array(caption.words[$0..<($0 + n)]) }
        all += grams.count
        own += Set(grams).count
        if n <= 2 { distinct.formUnion(grams) }
      }
      repetition.append(all > 0 ? 1 - Double(own) / Double(all) : 0)
      if n <= 2 { self.distinct.append(all > 0 ? Double(distinct.count) / Double(all) : 0) }
      if n == 1 { vocabulary = distinct.count }
    }
    withoutEnd = Double(captions.filter { !$0.isFinished }.count) / count
    badEndings = Double(captions.filter { $0.words.last.map(endings.contains) ?? true }.count) / count
    identical = 1 - Double(Set(captions.map(\.words)).count) / count
    if captions.isEmpty { identical = 0 }
    meanLength = Double(captions.reduce(0) { $0 + $1.words.count }) / count
  }

  /// The measures by their names in logs.
  var measures: [(String, Double)] {
    repetition.enumerated().map { ("rep-\($0 + 1)", $1) }
      + [("no_end", withoutEnd), ("bad_ending", badEndings), ("identical", identical)]
      + distinct.enumerated().map { ("distinct-\($0 + 1)", $1) }
      + [("mean_length", meanLength), ("words", Double(vocabulary))]
  }
}

extension CaptionVocabulary {
  /// The numbers of those of some words that are known.
  func numbers(of words: Set<String>) -> Set<Int32> {
    Set(words.map { self[$0] }.filter { $0 != Self.unknown })
  }
}
