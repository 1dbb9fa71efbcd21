import Compute

/// The likeliest captions of the images of a batch, by a beam search over all of them at once.
///
/// After each word an image keeps the `size` likeliest of all continuations of its rows. Of the 2 · `size` likeliest, those that end
/// and are among the first `size` are finished captions, compared by `log p / length^α`. An image is done when it has
/// `size` finished captions and no row can become better than the worst of them. Among equal continuations that of the
/// earlier row comes first, then that of the lower word.
struct BeamSearch {
  let size: Int
  let rules: WordRules
  let lengthPenalty: Double
  let maxLength: Int

  /// A caption that has been begun.
  private struct Hypothesis {
    var words: [Int32] = []
    var logProbability = 0.0
  }

  /// A row with one word more.
  private struct Continuation {
    var row: Int
    var word: Int32
    var logProbability: Double
    /// How many of the words that must occur are still missing.
    var missing: Int
  }

  /// What an image has so far.
  private struct Image {
    var alive = [Hypothesis()]
    var finished: [GeneratedCaption] = []
    var isDone = false
  }

  /// The captions of each image, the best first: finished ones, then those that were cut.
  ///
  /// - Throws: ``CaptioningError/notFinite``, `ComputeError`.
  func captions(_ session: DecodingSession, images count: Int, pool: ThreadPool) throws
    -> [[GeneratedCaption]]
  {
    var images = [Image](repeating: Image(), count: count)
    // The number of each image that the session still has.
    var open = Array(0..<count)
    for _ in 0..<maxLength where !open.isEmpty {
      let rows = open.flatMap { images[$0].alive }
      let logits = try session.step(rows.map { $0.words.last ?? CaptionVocabulary.begin })
      let byRow = try WordDistribution.map(logits, rows: rows.count, pool: pool) {
        continuations(of: rows[$0], $0, $1)
      }
      var parents: [Int] = []
      var first = 0
      var stillOpen: [Int] = []
      for index in open {
        let range = first..<(first + images[index].alive.count)
        first = range.upperBound
        let found = range.flatMap { byRow[$0] }.sorted {
          ($1.logProbability, $0.row, $0.word) < ($0.logProbability, $1.row, $1.word)
        }
        let kept = advance(&images[index], found, rows)
        if images[index].isDone { continue }
        stillOpen.append(index)
        parents += kept
      }
      open = stillOpen
      session.keep(parents)
    }
    return images.map { ranked($0) }
  }

  private func continuations(
    of hypothesis: Hypothesis, _ row: Int, _ distribution: WordDistribution
  ) -> [Continuation] {
    let words = hypothesis.words
    let missing = rules.missing(in: words)
    func continuation(_ word: Int32) -> Continuation {
      Continuation(
        row: row, word: word,
        logProbability: hypothesis.logProbability + Double(distribution.values[Int(word)]),
        missing: missing.count - (missing.contains(word) ? 1 : 0))
    }
    if words.count < rules.prefix.count { return [continuation(rules.prefix[words.count])] }
    rules.forEachBanned(after: words) { distribution.ban($0) }
    let likeliest = distribution.likeliest(2 * size).filter { $0.logProbability > -.infinity }.map(\.word)
    let asked = missing.subtracting(likeliest).filter { distribution.values[Int($0)] > -.infinity }
    return (likeliest + asked.sorted()).map(continuation)
  }

  /// Finishes and keeps continuations of an image, the likeliest of which comes first; the rows that go on.
  private func advance(_ image: inout Image, _ found: [Continuation], _ rows: [Hypothesis]) -> [Int] {
    var going: [Continuation] = []
    // Among those that may end: captions that lack a word must not crowd out one that has it.
    var place = 0
    for continuation in found {
      defer { if continuation.missing == 0 { place += 1 } }
      if continuation.word != CaptionVocabulary.end {
        going.append(continuation)
      } else if place < size {
        image.finished.append(
          GeneratedCaption(
            words: rows[continuation.row].words, isFinished: true,
            logProbability: continuation.logProbability))
      }
    }
    going = chosen(going)
    image.alive = going.map {
      Hypothesis(words: rows[$0.row].words + [$0.word], logProbability: $0.logProbability)
    }
    image.isDone = going.isEmpty || isSettled(image)
    return going.map(\.row)
  }

  /// The `size` likeliest continuations; where words must occur, a share of the places for each number of words that are missing
  /// (Post and Vilar 2018).
  private func chosen(_ all: [Continuation]) -> [Continuation] {
    guard rules.requiredCount > 0, all.count > size else { return Array(all.prefix(size)) }
    let share = max(1, size / (rules.requiredCount + 1))
    var taken = Set<Int>()
    for missing in 0...rules.requiredCount {
      taken.formUnion(all.indices.filter { all[$0].missing == missing }.prefix(share))
    }
    for index in all.indices where taken.count < size { taken.insert(index) }
    return taken.sorted().prefix(size).map { all[$0] }
  }

  /// Whether no row can become better than the worst of `size` finished captions: a log-probability only falls, and the most that
  /// it is divided by is that of the greatest length.
  private func isSettled(_ image: Image) -> Bool {
    guard image.finished.count >= size, let best = image.alive.first else { return false }
    let scores = image.finished.map { $0.score(lengthPenalty: lengthPenalty) }.sorted(by: >)
    let reachable = GeneratedCaption(
      words: [Int32](repeating: 0, count: maxLength), isFinished: false, logProbability: best.logProbability)
    return scores[size - 1] >= reachable.score(lengthPenalty: lengthPenalty)
  }

  /// Captions by their scores; of those that were cut, first those that lack the fewest words that must occur.
  private func ranked(_ image: Image) -> [GeneratedCaption] {
    func sorted(_ captions: [GeneratedCaption]) -> [GeneratedCaption] {
      captions.enumerated().map { place, caption in
        (
          caption: caption, place: place, missing: rules.missing(in: caption.words).count,
          score: caption.score(lengthPenalty: lengthPenalty)
        )
      }.sorted { ($0.missing, $1.score, $0.place) < ($1.missing, $0.score, $1.place) }.map(\.caption)
    }
    let cut =
      image.isDone
      ? []
      : image.alive.map {
        GeneratedCaption(words: $0.words, isFinished: false, logProbability: $0.logProbability)
      }
    return sorted(image.finished) + sorted(cut)
  }
}
