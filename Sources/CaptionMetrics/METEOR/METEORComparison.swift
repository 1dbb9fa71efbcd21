/// Compares candidates with their references, one after another; keeps its memory between them.
struct METEORComparison {
  private let table: METEORTable
  private var alignment = METEORAlignment()
  private var matches: [METEORMatch] = []
  /// Which of the item's phrases a phrase of the tables is: valid where `owners` names the item.
  private var owners: [UInt32]
  private var members: [Int32]
  private var item: UInt32 = 0
  private var synonymMemory = SynonymMemory()

  init(_ table: METEORTable) {
    self.table = table
    owners = Array(repeating: 0, count: table.phraseCount)
    members = Array(repeating: 0, count: table.phraseCount)
  }

  /// The counts against the reference that gives the highest score; of equals the first.
  ///
  /// - Parameter lexicon: what the words are, the same in all calls but for words that it has in addition.
  mutating func best(
    _ candidate: ArraySlice<Int32>, _ references: [ArraySlice<Int32>], _ lexicon: METEORLexicon
  ) -> METEORStatistics {
    var places = PhrasePlace.all(in: candidate, lexicon, table)
    PhrasePlace.rank(&places, in: candidate, lexicon)
    let referencePlaces = references.map { PhrasePlace.all(in: $0, lexicon, table) }
    let paraphrases = pairs(places, referencePlaces)
    var best: (statistics: METEORStatistics, score: Double)?
    for (index, reference) in references.enumerated() {
      findWordMatches(candidate, reference, lexicon)
      for (place, member, isReverse) in paraphrases[index] {
        let (a, b) = (places[Int(place)], referencePlaces[index][Int(member)])
        matches.append(
          METEORMatch(
            matcher: isReverse ? .paraphrase : .reverseParaphrase, candidateStart: a.start,
            candidateLength: a.length, referenceStart: b.start, referenceLength: b.length,
            order: isReverse
              ? METEORMatch.order(b.length, a.rank, a.start)
              : METEORMatch.order(a.start, a.length, b.length)))
      }
      let statistics = statistics(candidate, reference, lexicon)
      let score = statistics.score
      if score > best?.score ?? -1 { best = (statistics, score) }
    }
    return best?.statistics ?? METEORStatistics()
  }

  /// For each reference, which phrases of the candidate and of the reference are paraphrases.
  private mutating func pairs(
    _ places: [PhrasePlace], _ references: [[PhrasePlace]]
  ) -> [[(candidate: Int32, reference: Int32, isReverse: Bool)]] {
    if item == .max {
      owners = Array(repeating: 0, count: owners.count)
      item = 0
    }
    item += 1
    // All places of a phrase in the references, one list after the other.
    var all: [[(reference: Int32, place: Int32)]] = []
    for (reference, places) in references.enumerated() {
      for (index, place) in places.enumerated() {
        let phrase = Int(place.phrase)
        if owners[phrase] != item {
          owners[phrase] = item
          members[phrase] = Int32(truncatingIfNeeded: all.count)
          all.append([])
        }
        all[Int(members[phrase])].append(
          (Int32(truncatingIfNeeded: reference), Int32(truncatingIfNeeded: index)))
      }
    }
    var pairs = Array(
      repeating: [(candidate: Int32, reference: Int32, isReverse: Bool)](), count: references.count)
    for (index, place) in places.enumerated() {
      for other in table.paraphraseRange(place.phrase) {
        let (number, isReverse) = table.paraphrase(at: other)
        let phrase = Int(number)
        guard owners[phrase] == item else { continue }
        for (reference, found) in all[Int(members[phrase])] {
          pairs[Int(reference)].append((Int32(truncatingIfNeeded: index), found, isReverse))
        }
      }
    }
    return pairs
  }

  private mutating func findWordMatches(
    _ candidate: ArraySlice<Int32>, _ reference: ArraySlice<Int32>, _ lexicon: METEORLexicon
  ) {
    matches.removeAll(keepingCapacity: true)
    for (j, b) in reference.enumerated() {
      for (i, a) in candidate.enumerated() {
        func add(_ matcher: METEORMatch.Matcher) {
          matches.append(
            METEORMatch(
              matcher: matcher, candidateStart: Int32(truncatingIfNeeded: i), candidateLength: 1,
              referenceStart: Int32(truncatingIfNeeded: j), referenceLength: 1,
              order: UInt64(i)))
        }
        if a == b {
          add(.exact)
          continue
        }
        if lexicon.stems[Int(a)] == lexicon.stems[Int(b)] { add(.stem) }
        if synonymMemory.areSynonyms(a, b, lexicon) { add(.synonym) }
      }
    }
  }

  private mutating func statistics(
    _ candidate: ArraySlice<Int32>, _ reference: ArraySlice<Int32>, _ lexicon: METEORLexicon
  ) -> METEORStatistics {
    matches.sort { $0.isBefore($1) }
    let (chosen, chunks) = alignment.choose(
      matches, candidateLength: candidate.count, referenceLength: reference.count)
    var statistics = METEORStatistics()
    statistics.candidateLength = candidate.count
    statistics.referenceLength = reference.count
    statistics.candidateFunctionWords = candidate.count { lexicon.isFunctionWord[Int($0)] }
    statistics.referenceFunctionWords = reference.count { lexicon.isFunctionWord[Int($0)] }
    statistics.chunks = chunks
    for index in chosen {
      let match = matches[index]
      let matcher = match.matcher.module
      for i in 0..<match.candidateLength {
        let word = candidate[candidate.startIndex + Int(match.candidateStart + i)]
        statistics.matches[matcher][lexicon.isFunctionWord[Int(word)] ? 2 : 0] += 1
      }
      for i in 0..<match.referenceLength {
        let word = reference[reference.startIndex + Int(match.referenceStart + i)]
        statistics.matches[matcher][lexicon.isFunctionWord[Int(word)] ? 3 : 1] += 1
      }
      statistics.candidateMatches += Int(match.candidateLength)
      statistics.referenceMatches += Int(match.referenceLength)
    }
    return statistics
  }
}

/// Remembers which pairs of words are synonyms, as many as fit.
private struct SynonymMemory {
  private var keys = Array(repeating: UInt64.max, count: 1 << 16)
  private var answers = Array(repeating: false, count: 1 << 16)

  mutating func areSynonyms(_ a: Int32, _ b: Int32, _ lexicon: METEORLexicon) -> Bool {
    let key = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
    let slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> 48)
    if keys[slot] == key { return answers[slot] }
    keys[slot] = key
    answers[slot] = lexicon.areSynonyms(a, b)
    return answers[slot]
  }
}
