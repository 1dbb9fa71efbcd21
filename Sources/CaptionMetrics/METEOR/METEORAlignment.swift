/// Chooses which matches count, so that each word is covered at most once.
///
/// Matches that compete with no other are taken. The others are decided by a beam search along the reference
/// (Denkowski and Lavie 2011, section 2.1) that maximises the covered words, then minimises the runs of adjacent
/// matches, then a distance. Three things are as METEOR 1.5 does them, not as its papers say, and decide between
/// equals:
///
/// - covered words count by the weight of their matcher, rounded down, so that only exact matches and paraphrases of
///   several words count;
/// - while the search goes on, a run counts only when it is over;
/// - the distance of a match is added to the partial alignments that were tried after it, not to its own.
struct METEORAlignment {
  /// How many partial alignments are kept.
  static let beamSize = 40

  /// A partial alignment.
  private struct Path {
    var covered: Int32 = 0
    var chunks: Int32 = 0
    var distance = 0
    /// The first word of the reference that is not decided.
    var next: Int32 = 0
    /// Where the run that goes on ends in the candidate, or -1.
    var runEnd: Int32 = -1
    /// The last match in `steps`, or -1.
    var step: Int32 = -1
    /// Which part of `covers` tells the covered words of the candidate.
    var cover: Int32 = 0
    /// The match that was added last and is neither in `steps` nor in `covers`, or -1.
    var added: Int32 = -1

    @inline(__always)
    func isBefore(_ other: Path) -> Bool {
      if covered != other.covered { return covered > other.covered }
      if chunks != other.chunks { return chunks < other.chunks }
      return distance < other.distance
    }

    /// Ends the run that goes on.
    mutating func endRun() {
      if runEnd >= 0 { chunks += 1 }
      runEnd = -1
    }

    mutating func add(_ match: METEORMatch, _ index: Int) {
      covered += METEORParameters.wholeWeight(match.matcher, words: match.candidateLength)
      covered += METEORParameters.wholeWeight(match.matcher, words: match.referenceLength)
      if runEnd >= 0, match.candidateStart != runEnd { chunks += 1 }
      runEnd = match.candidateStart + match.candidateLength
      next = match.referenceStart + match.referenceLength
      added = Int32(truncatingIfNeeded: index)
    }
  }

  private var steps: [(match: Int32, before: Int32)] = []
  private var paths: [Path] = []
  private var grown: [Path] = []
  private var covers: [UInt64] = []
  private var newCovers: [UInt64] = []
  private var candidateUses: [Int32] = []
  private var referenceUses: [Int32] = []
  private var firsts: [Int32] = []

  /// The indices in `matches` of those that count, and in how many runs they stand. `matches` are in the order of
  /// their first word in the reference.
  mutating func choose(
    _ matches: [METEORMatch], candidateLength: Int, referenceLength: Int
  ) -> (chosen: [Int], chunks: Int) {
    guard !matches.isEmpty else { return ([], 0) }
    countUses(matches, candidateLength, referenceLength)
    let width = (candidateLength + 63) / 64
    steps.removeAll(keepingCapacity: true)
    paths.removeAll(keepingCapacity: true)
    paths.append(Path())
    covers.removeAll(keepingCapacity: true)
    covers.append(contentsOf: repeatElement(0, count: width))
    for position in 0..<referenceLength {
      let range = Int(firsts[position])..<Int(firsts[position + 1])
      let isSettled = range.count == 1 && isAlone(matches[range.lowerBound])
      grown.removeAll(keepingCapacity: true)
      for var path in paths {
        if path.next > position {
          offer(path)
          continue
        }
        if isSettled {
          path.add(matches[range.lowerBound], range.lowerBound)
          offer(path)
          continue
        }
        for index in range where isFree(matches[index], Int(path.cover) * width) {
          var longer = path
          longer.add(matches[index], index)
          offer(longer)
          path.distance += Int(abs(matches[index].candidateStart - matches[index].referenceStart))
        }
        path.endRun()
        offer(path)
      }
      keepGrown(matches, width)
    }
    for index in paths.indices { paths[index].endRun() }
    return best()
  }
}

extension METEORAlignment {
  private mutating func countUses(_ matches: [METEORMatch], _ candidateLength: Int, _ referenceLength: Int) {
    candidateUses.removeAll(keepingCapacity: true)
    candidateUses.append(contentsOf: repeatElement(0, count: candidateLength))
    referenceUses.removeAll(keepingCapacity: true)
    referenceUses.append(contentsOf: repeatElement(0, count: referenceLength))
    firsts.removeAll(keepingCapacity: true)
    firsts.append(contentsOf: repeatElement(0, count: referenceLength + 1))
    for match in matches {
      for i in 0..<match.candidateLength { candidateUses[Int(match.candidateStart + i)] += 1 }
      for i in 0..<match.referenceLength { referenceUses[Int(match.referenceStart + i)] += 1 }
      firsts[Int(match.referenceStart) + 1] += 1
    }
    for i in 0..<referenceLength { firsts[i + 1] += firsts[i] }
  }

  /// Whether no other match covers a word of this one.
  private func isAlone(_ match: METEORMatch) -> Bool {
    (0..<match.candidateLength).allSatisfy { candidateUses[Int(match.candidateStart + $0)] == 1 }
      && (0..<match.referenceLength).allSatisfy { referenceUses[Int(match.referenceStart + $0)] == 1 }
  }

  @inline(__always)
  private func isFree(_ match: METEORMatch, _ cover: Int) -> Bool {
    for word in match.candidateStart..<(match.candidateStart + match.candidateLength)
    where covers[cover + Int(word) / 64] >> UInt64(word % 64) & 1 == 1 {
      return false
    }
    return true
  }

  /// Puts a path into its place among the best of `grown`; of equals those that come first stand first.
  @inline(__always)
  private mutating func offer(_ path: Path) {
    if grown.count == Self.beamSize {
      guard let last = grown.last, path.isBefore(last) else { return }
      grown.removeLast()
    }
    var index = grown.count
    grown.append(path)
    while index > 0, path.isBefore(grown[index - 1]) {
      grown[index] = grown[index - 1]
      index -= 1
    }
    grown[index] = path
  }

  /// Makes `grown` the paths of the next step.
  private mutating func keepGrown(_ matches: [METEORMatch], _ width: Int) {
    paths.removeAll(keepingCapacity: true)
    newCovers.removeAll(keepingCapacity: true)
    for var path in grown {
      let old = Int(path.cover) * width
      let new = newCovers.count
      newCovers.append(contentsOf: covers[old..<(old + width)])
      path.cover = Int32(truncatingIfNeeded: paths.count)
      if path.added >= 0 {
        let match = matches[Int(path.added)]
        for word in match.candidateStart..<(match.candidateStart + match.candidateLength) {
          newCovers[new + Int(word) / 64] |= 1 << UInt64(word % 64)
        }
        steps.append((path.added, path.step))
        path.step = Int32(truncatingIfNeeded: steps.count - 1)
        path.added = -1
      }
      paths.append(path)
    }
    swap(&covers, &newCovers)
  }

  private func best() -> (chosen: [Int], chunks: Int) {
    guard var best = paths.first else { return ([], 0) }
    for path in paths where path.isBefore(best) { best = path }
    var chosen: [Int] = []
    var step = best.step
    while step >= 0 {
      chosen.append(Int(steps[Int(step)].match))
      step = steps[Int(step)].before
    }
    return (chosen.reversed(), Int(best.chunks))
  }
}
