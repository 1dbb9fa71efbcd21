/// The words of a corpus as tokens, and the pairs in them.
struct PairLearner {
  private struct Word {
    var tokens: [Int32]
    var count: Int
  }

  /// Two neighbouring tokens.
  private struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  /// Where a pair occurs.
  private struct Occurrences {
    var count = 0
    /// Words that held the pair when they were noted; some have lost it since, some stand here twice.
    var words: [Int32] = []
  }

  private let minimumCount: Int
  private var words: [Word] = []
  private var tokens: [[UInt8]]
  private var pairs: [Pair: Occurrences] = [:]
  private var queue = PairQueue()

  /// No words.
  init(minimumCount: Int) {
    self.minimumCount = minimumCount
    tokens = BytePairVocabulary.byteTokens
  }

  /// Takes a word that occurs `count` times.
  mutating func add(_ bytes: ArraySlice<UInt8>, count: Int) {
    var symbols = bytes.map { BytePairVocabulary.idOfByte[Int($0)] }
    guard let last = symbols.last else { return }
    symbols[symbols.count - 1] = last + 256
    words.append(Word(tokens: symbols, count: count))
  }

  /// Merges pairs until there are `size` tokens, or no pair occurs often enough.
  mutating func learn(size: Int) -> BytePairVocabulary {
    for index in words.indices { note(index) }
    for (pair, occurrences) in pairs { offer(pair, occurrences.count) }
    var merges: [(left: Int32, right: Int32)] = []
    while tokens.count < size, let best = next() {
      merges.append((best.left, best.right))
      merge(best)
    }
    return BytePairVocabulary(
      tokens: tokens.map { String(decoding: $0, as: UTF8.self) },
      merges: merges.map { merge in
        (tokens[Int(merge.left)], tokens[Int(merge.right)])
      }.map { (String(decoding: $0.0, as: UTF8.self), String(decoding: $0.1, as: UTF8.self)) })
  }

  /// The pair that occurs most often.
  private mutating func next() -> Pair? {
    while let top = queue.popGreatest(tokens) {
      let pair = Pair(left: top.left, right: top.right)
      let count = pairs[pair]?.count ?? 0
      if count == top.count { return pair }
      // Its count has fallen since it was offered.
      if count < top.count { offer(pair, count) }
    }
    return nil
  }

  private mutating func offer(_ pair: Pair, _ count: Int) {
    guard count >= minimumCount else { return }
    queue.insert(.init(count: count, left: pair.left, right: pair.right), tokens)
  }

  /// Makes a token of a pair.
  ///
  /// Its text is new: where nothing outside a text has merged with a part of it, it has been merged as it would be
  /// alone, so that every text comes about in one way.
  private mutating func merge(_ pair: Pair) {
    let token = Int32(tokens.count)
    tokens.append(tokens[Int(pair.left)] + tokens[Int(pair.right)])
    var touched: Set<Pair> = []
    for index in pairs[pair]?.words ?? [] {
      let index = Int(index)
      guard holds(index, pair) else { continue }
      forget(index)
      replace(pair, by: token, in: index)
      note(index, touched: &touched)
    }
    pairs[pair] = nil
    // Only pairs with the new token occur more often than before.
    for pair in touched where pair.left == token || pair.right == token {
      offer(pair, pairs[pair]?.count ?? 0)
    }
  }

  private func holds(_ word: Int, _ pair: Pair) -> Bool {
    let symbols = words[word].tokens
    for place in 1..<max(1, symbols.count)
    where symbols[place - 1] == pair.left && symbols[place] == pair.right { return true }
    return false
  }

  private mutating func replace(_ pair: Pair, by token: Int32, in word: Int) {
    let old = words[word].tokens
    var new: [Int32] = []
    new.reserveCapacity(old.count - 1)
    var place = 0
    while place < old.count {
      if place + 1 < old.count, old[place] == pair.left, old[place + 1] == pair.right {
        new.append(token)
        place += 2
      } else {
        new.append(old[place])
        place += 1
      }
    }
    words[word].tokens = new
  }

  private mutating func note(_ word: Int) {
    var touched: Set<Pair> = []
    note(word, touched: &touched)
  }

  /// Counts a word's pairs.
  private mutating func note(_ word: Int, touched: inout Set<Pair>) {
    let symbols = words[word].tokens
    let count = words[word].count
    for place in 1..<max(1, symbols.count) {
      let pair = Pair(left: symbols[place - 1], right: symbols[place])
      pairs[pair, default: Occurrences()].count += count
      if pairs[pair]?.words.last != Int32(word) { pairs[pair]?.words.append(Int32(word)) }
      touched.insert(pair)
    }
  }

  /// Takes a word's pairs out of the counts.
  private mutating func forget(_ word: Int) {
    let symbols = words[word].tokens
    let count = words[word].count
    for place in 1..<max(1, symbols.count) {
      pairs[Pair(left: symbols[place - 1], right: symbols[place])]?.count -= count
    }
  }
}

/// A heap of pairs, the most frequent on top and, of equals, the one whose text comes first.
private struct PairQueue {
  struct Entry {
    var count: Int
    var left: Int32
    var right: Int32
  }

  private var heap: [Entry] = []

  mutating func insert(_ entry: Entry, _ tokens: [[UInt8]]) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, precedes(heap[child], heap[(child - 1) / 2], tokens) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popGreatest(_ tokens: [[UInt8]]) -> Entry? {
    guard let top = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return top }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return top }
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child], tokens) { child += 1 }
      guard precedes(heap[child], heap[parent], tokens) else { return top }
      heap.swapAt(child, parent)
      parent = child
    }
  }

  private func precedes(_ a: Entry, _ b: Entry, _ tokens: [[UInt8]]) -> Bool {
    if a.count != b.count { return a.count > b.count }
    if a.left != b.left { return tokens[Int(a.left)].lexicographicallyPrecedes(tokens[Int(b.left)]) }
    return a.right != b.right
      && tokens[Int(a.right)].lexicographicallyPrecedes(tokens[Int(b.right)])
  }
}
